"""Pascal VOC XML: the flags, the devkit's counting from 1, and a hardened parser."""

import pytest

from gain_tf.data.annotation_text import UnreadableAnnotationError
from gain_tf.data.voc_xml import is_voc, parse_xml, read_voc

CAT = """<object><name>cat</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>12</xmax><ymax>4</ymax></bndbox>
<part><name>head</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>3</ymax></bndbox>
</part></object>"""
DOG = """<object><name> dog </name><difficult>1</difficult><truncated/>
<bndbox><xmax>8</xmax><xmin>3.5</xmin><ymax>8</ymax><ymin>4</ymin></bndbox></object>"""
SIZE = "<size><width>12</width><height>10</height><depth>3</depth></size>"


def page(*objects, head=f"<filename>a.jpg</filename>{SIZE}"):
    return f"<annotation><folder>VOC</folder>{head}{''.join(objects)}</annotation>"


@pytest.fixture
def read(tmp_path):
    def reading(text):
        path = tmp_path / "x.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        root = parse_xml(path)
        assert is_voc(root)
        (image,), problems = read_voc(path, root)
        return image, [text.replace(f"{path}, ", "") for text in problems]

    return reading


def test_boxes_and_flags(read):
    image, problems = read(page(CAT, DOG))
    assert not problems
    assert (image.name, image.size, image.only) == ("a.jpg", (10, 12), True)
    cat, dog = image.objects
    # Pixels 1 to 12 of 12 are the whole width.
    assert (cat.category, cat.box) == ("cat", (1, 0, 4, 12))
    assert (cat.difficult, cat.truncated) == (False, True)
    assert (dog.category, dog.box) == ("dog", (3, 2.5, 8, 8))
    assert (dog.difficult, dog.truncated) == (True, False)


def test_a_file_without_name_and_size(read):
    image, problems = read(page(head="<size><width>0</width><height>0</height></size>"))
    assert not problems
    assert (image.name, image.size, image.objects) == ("x", None, ())


def test_the_declared_encoding_counts(read):
    text = '<?xml version="1.0" encoding="iso-8859-1"?>' + page(CAT.replace("cat", "Öl"))
    image, _ = read(text.encode("latin-1"))
    assert image.labels == ("Öl",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<name>cat</name>", "", "key 'name' is missing"),
        ("<xmin>1<", "<xmin>13<", "bndbox: xmax and ymax must not be less than xmin and ymin"),
        ("<ymax>4<", "<ymax>nan<", "bndbox.ymax: must be a finite number, not 'nan'"),
        ("<ymax>4<", "<ymax>four<", "bndbox.ymax: must be a number, not 'four'"),
        ("<ymax>4<", "<ymax><", "key 'bndbox.ymax' is missing"),
        ("<difficult>0<", "<difficult>maybe<", "difficult: must be true or false, not 'maybe'"),
        ("bndbox>", "polygon>", "key 'bndbox' is missing"),
    ],
)
def test_a_wrong_object(read, old, new, said):
    _, problems = read(page(DOG, CAT.replace(old, new, 2 if old == "bndbox>" else 1)))
    (problem,) = problems
    assert problem.startswith(f"object 2: {said}")


def test_a_wrong_size(read):
    image, problems = read(page(head="<size><width>-3</width><height>x</height></size>"))
    assert image.size is None
    assert problems == [
        "size: width: must be at least 0, not '-3'",
        "size: height: must be a whole number, not 'x'",
    ]


BOMB = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>'
LEAK = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotation>&b;</annotation>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "declares a document type or entities"),
        (LEAK, "declares a document type or entities"),
        ('<!DOCTYPE a SYSTEM "a.dtd"><annotation/>', "declares a document type or entities"),
        ("<annotation>&b;</annotation>", "is not XML: undefined entity"),
        ("<annotation><object></annotation>", "is not XML: mismatched tag"),
        ("", "is not XML: no element found"),
        (b"\xff\xfe\x00\x00", "is not XML"),
        ("<annotation>Öl</annotation>".encode("latin-1"), "is not XML: not well-formed"),
        ('<?xml version="1.0" encoding="gb2312"?><annotation/>', "is not XML: multi-byte"),
        ('<?xml version="1.0" encoding="no-such"?><annotation/>', "is not XML: unknown encoding"),
    ],
)
def test_what_is_not_read(read, text, said):
    with pytest.raises(UnreadableAnnotationError, match=said):
        read(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableAnnotationError, match="cannot be read: No such file"):
        parse_xml(tmp_path / "x.xml")
