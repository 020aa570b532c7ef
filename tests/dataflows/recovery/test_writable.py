"""A recovery directory that cannot be made is refused in words that help."""

from pathlib import Path

import pytest

from dataflows.errors import RecoveryRefused
from dataflows.recovery.writable import check_writable


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc, where nobody can make a directory")
def test_a_place_that_takes_no_directories() -> None:
    with pytest.raises(RecoveryRefused) as refused:
        check_writable(Path("/proc/none/recovery"))
    text = str(refused.value)
    assert "recovery store /proc/none/recovery: it is not there and cannot be made (No such file or directory)" in text
    assert "/proc takes no new directories" in text
    assert "1. name a directory on a disk with --recovery" in text
    assert "copy the whole directory" not in text
