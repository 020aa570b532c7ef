"""A watchlist file as people write it: JSON text in any accepted shape, normalised to one ``AssetConfig`` a symbol.

The whole of it is an object with ``assets``, a list of assets, or one asset. Wherever it may stand,

- assets are a list or an object by symbol, and a symbol alone is an asset;
- timeframes are a list or an object by name, and a name alone is a timeframe;
- ``"consensus": true`` takes every default of it.
"""

import json
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from schemas.document_kind import of_another_kind
from schemas.faults import MEANINGLESS
from schemas.json_value import in_json, kind_in_json
from schemas.known_keys import COMMENT, known_keys
from schemas.problems import Problem, WatchlistFileError
from schemas.strategy_draft import Document, Draft, Location, under
from schemas.strategy_text import read_document, usable_numbers
from schemas.validation_problems import tell
from schemas.watchlist import AssetConfig
from schemas.watchlist_document import WatchlistDocument

MAX_WATCHLIST_BYTES: Final = 4_194_304


def load_watchlist(data: bytes, *, origin: str) -> tuple[AssetConfig, ...]:
    """The assets in a file's bytes, in its order; WatchlistFileError lists everything that is wrong with it.

    >>> [asset.symbol for asset in load_watchlist(b'["BTCUSDT", "ETHUSDT"]', origin="watchlist.json")]
    ['BTCUSDT', 'ETHUSDT']
    """
    document = read_document(data, origin=origin, most_bytes=MAX_WATCHLIST_BYTES, error_type=WatchlistFileError)
    return parse_watchlist(document, origin=origin)


def parse_watchlist(document: object, *, origin: str) -> tuple[AssetConfig, ...]:
    """The assets in a decoded JSON document of bounded depth, whatever shape it has."""
    draft = Draft()
    unusable: list[Problem] = []
    usable = usable_numbers(document, unusable)
    for problem in unusable:
        draft.refuse(problem.where, problem.message)
    assets: list[AssetConfig] = []
    if _put(usable, draft):
        draft.document = known_keys(draft.document, WatchlistDocument, draft)
        try:
            whole = WatchlistDocument.model_validate_json(json.dumps(draft.document))
        except ValidationError as error:
            tell(error, draft)
        else:
            assets = [_completed(asset, at, whole, draft) for at, asset in enumerate(whole.assets)]
    if draft.problems:
        raise of_another_kind(document, "watchlist", WatchlistFileError(origin, draft.problems))
    return tuple(assets)


def _put(given: object, draft: Draft) -> bool:
    """Fill the draft's document from the author's, if that is one; keys inside the assets are not looked at yet."""
    if isinstance(given, list):
        draft.written(("assets",), "")
        draft.document = {"assets": _assets(given, draft)}
    elif not isinstance(given, Mapping):
        draft.refuse("", f"expected a JSON object or a list of assets, got {kind_in_json(given)}")
        return False
    elif "assets" not in given and "symbol" in given:
        draft.written(("assets", 0), "")
        draft.document = {"assets": _assets([given], draft)}
    else:
        draft.document = {str(key): value for key, value in given.items() if key not in {"$schema", COMMENT}}
        if "assets" in given:
            draft.document["assets"] = _assets(given["assets"], draft)
        _put_timeframes(draft.document, (), draft)
        _put_consensus(draft.document)
    return True


def _assets(given: object, draft: Draft) -> object:
    """A list of assets, each an object with its symbol."""
    if isinstance(given, Mapping):
        pairs = [(str(symbol), one) for symbol, one in given.items() if symbol != COMMENT]
        for at, (symbol, _) in enumerate(pairs):
            draft.written(("assets", at), under(draft.place(("assets",)), symbol))
        return [_of_symbol(symbol, one, at, draft) for at, (symbol, one) in enumerate(pairs)]
    if not isinstance(given, list):
        return given
    return [_symbol(one, at, draft) if isinstance(one, str) else _asset(one, at, draft) for at, one in enumerate(given)]


def _symbol(symbol: str, at: int, draft: Draft) -> object:
    draft.written(("assets", at, "symbol"), draft.place(("assets", at)))
    return {"symbol": symbol}


def _of_symbol(symbol: str, given: object, at: int, draft: Draft) -> object:
    if not isinstance(given, Mapping):
        return given
    if "symbol" not in given:
        draft.written(("assets", at, "symbol"), draft.place(("assets", at)))
    elif given["symbol"] != symbol:
        _refuse_name(draft.place(("assets", at, "symbol")), symbol, given["symbol"], draft)
    return _asset({**given, "symbol": symbol}, at, draft)


def _asset(given: object, at: int, draft: Draft) -> object:
    if not isinstance(given, Mapping):
        return given
    asset: Document = dict(given)
    _put_timeframes(asset, ("assets", at), draft)
    _put_consensus(asset)
    return asset


def _put_timeframes(document: Document, location: Location, draft: Draft) -> None:
    """Timeframes by name become a list of timeframes with names; a name alone becomes one too."""
    given = document.get("timeframes")
    here = (*location, "timeframes")
    if isinstance(given, Mapping):
        pairs = [(str(name), one) for name, one in given.items() if name != COMMENT]
        for at, (name, _) in enumerate(pairs):
            draft.written((*here, at), under(draft.place(here), name))
        document["timeframes"] = [_of_name(name, one, (*here, at), draft) for at, (name, one) in enumerate(pairs)]
    elif isinstance(given, list):
        for at, one in enumerate(given):
            if isinstance(one, str):
                draft.written((*here, at, "name"), draft.place((*here, at)))
        document["timeframes"] = [{"name": one} if isinstance(one, str) else one for one in given]


def _of_name(name: str, given: object, here: Location, draft: Draft) -> Document:
    if not isinstance(given, Mapping):
        draft.refuse(draft.place(here), f"expected an object, got {in_json(given)}")
        return {"name": name}
    if "name" not in given:
        draft.written((*here, "name"), draft.place(here))
    elif given["name"] != name:
        _refuse_name(draft.place((*here, "name")), name, given["name"], draft)
    return {**given, "name": name}


def _refuse_name(where: str, expected: str, got: object, draft: Draft) -> None:
    draft.refuse(where, f"expected {in_json(expected)} here, got {in_json(got)}")


def _put_consensus(document: Document) -> None:
    if isinstance(document.get("consensus"), bool):
        document["consensus"] = {} if document["consensus"] else None


def _completed(asset: AssetConfig, at: int, whole: WatchlistDocument, draft: Draft) -> AssetConfig:
    """The asset with what its provider and the document say of it; problems where that does not fit it."""
    missing = whole.defaults_of(asset)
    try:
        return AssetConfig.model_validate({**asset.__dict__, **missing})
    except ValidationError as error:
        for one in error.errors(include_url=False):
            if one["type"] == MEANINGLESS:
                for inside, message in one["ctx"]["faults"]:
                    place = ("assets", at) if inside[0] in missing else ("assets", at, *inside)
                    draft.refuse(draft.place(place), f"{message} (from the whole watchlist)")
    return asset
