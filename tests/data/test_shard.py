import pytest

from gain_tf.data.shard import ALL, Shard


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
def test_the_parts_together_are_the_whole(count):
    items = list(range(11))
    parts = [Shard(number, count).of(items) for number in range(1, count + 1)]
    assert sorted(item for part in parts for item in part) == items
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_neighbours_are_dealt_out():
    assert Shard(2, 3).of("abcdefgh") == "beh"
    assert ALL.of("abc") == "abc"
    assert (ALL.whole, Shard(1, 2).whole, str(Shard(2, 3))) == (True, False, "2/3")
