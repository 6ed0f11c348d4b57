"""kill -9 at random moments, in short; `make faults` does it for longer."""

from pathlib import Path

from tests.faults import kills
from tests.servers import Dovecot

KILLS, SEED = 20, 20261123


def test_killed_at_random_moments_under_load_nothing_is_lost_or_doubled(
    dovecot: Dovecot, database_url: str, tmp_path: Path
) -> None:
    tally = kills.run(dovecot, database_url, tmp_path, kills=KILLS, seed=SEED)
    assert (tally.kills, tally.lost, tally.doubled) == (KILLS, 0, 0), tally
    assert tally.letters > KILLS // 4
