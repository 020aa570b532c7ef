"""What to do about a letter, by its reason."""

from collections.abc import Mapping

from schemas.dead_letter import Reason

_IN_ORDER = (
    "A requeue brings it back, for it still comes after them. Where it has to count: `candelabra replay` over a file "
    "in order, or a deployment beside this one (another CANDELABRA_TOPIC_PREFIX) that is fed in order."
)

ADVICE: Mapping[Reason, str] = {
    Reason.EMPTY: "There is nothing to decode and nothing to send again: correct the producer that writes no value.",
    Reason.OVERSIZED: (
        "If the record is right, raise CANDELABRA_MAX_RECORD_BYTES for every worker and for this command, restart the "
        "workers, and requeue; if it is not, correct its producer."
    ),
    Reason.UNKNOWN_FORMAT: (
        "Its first bytes are no header that these settings know: a producer without Avro, or one that uses a schema "
        "registry where CANDELABRA_REGISTRY_URL is not set (or the other way round). Correct that, and requeue."
    ),
    Reason.UNKNOWN_SCHEMA: (
        "Make its writer's schema known (register it, or bring the workers to the writer's release), and requeue. "
        "Workers that run ask a registry again a minute after they were told that there is none."
    ),
    Reason.TRUNCATED: (
        "Bytes are missing, and nobody can tell which: let its producer send the record again, whole. Requeue helps "
        "only where it was read by a wrong schema that is now corrected."
    ),
    Reason.WRONG_TYPE: (
        "It is a whole record of a kind that does not belong on this topic: send it where it does, and correct its "
        "producer."
    ),
    Reason.INVALID: (
        "It breaks a rule, which the detail names: let its producer send it again, corrected. Later candles are worked "
        "without it, with a gap alert where one is missing."
    ),
    Reason.OUT_OF_ORDER: f"Later candles of its symbol were worked before it came. {_IN_ORDER}",
    Reason.CONFLICTING_DUPLICATE: (
        "A candle of that open time was worked before with other values, and a closed candle is final. Where this one "
        "is right, nothing can take the other back: `candelabra replay` over a corrected file, or a deployment beside "
        "this one (another CANDELABRA_TOPIC_PREFIX) that is fed the right one."
    ),
    Reason.FROM_THE_FUTURE: (
        "It was recorded before it closed: set the producer's clock, or raise CANDELABRA_MAX_CLOCK_SKEW_SECONDS for "
        "the workers. Requeue once it has closed, before later candles of its symbol are worked."
    ),
    Reason.WRONG_TIMEFRAME: (
        "Declare its timeframe as base_timeframe of the symbol on the watchlist, and requeue before later candles of "
        "the symbol are worked; or take it out of the feed, if the bars are to be made of the other one."
    ),
}
"""A few sentences for each reason: the likely cause, and the way out."""
