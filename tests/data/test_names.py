from pathlib import Path

import pytest

from gain_tf.data.names import name_problem, on_one_line, without_ending


@pytest.mark.parametrize(
    "name", ["with space", "größe", "日本", "🦊", "👩\u200d🔧", "a;b", "\\n", ""]
)
def test_names_that_can_be_printed_stay_as_they_are(name):
    assert on_one_line(name) == name
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "escaped"),
    [("a\nb", r"a\nb"), ("\x1b[31m", r"\x1b[31m"), ("\u2028", r"\u2028"), ("\udcff", r"\udcff")],
)
def test_what_breaks_a_line_or_a_file_is_escaped(name, escaped):
    assert on_one_line(name) == escaped
    assert "cannot hold line ends" in (name_problem(name) or "")


@pytest.mark.parametrize(
    ("path", "rest"), [("a/x.jpg", "a/x"), ("v1.2.jpg", "v1.2"), ("a/..jpg", "a/."), ("x", "x")]
)
def test_without_ending(path, rest):
    assert without_ending(Path(path)) == rest
