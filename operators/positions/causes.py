"""Why a fill that no rule asked for happened: the reason that it gives."""

from typing import Final

STOP_LOSS: Final = "stop_loss"
TRAILING_STOP: Final = "trailing_stop"
BREAK_EVEN: Final = "break_even"
LIQUIDATION: Final = "liquidation"
TAKE_PROFIT: Final = "take_profit"
SCALE_OUT: Final = "scale_out"
TIME_STOP: Final = "time_stop"
UNPROTECTED: Final = "unprotected"
