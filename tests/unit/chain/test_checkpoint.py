import base64

import pytest

from blockmrs.chain.checkpoint import MAX_SIGNATURES, Checkpoint, NoteKey, open_note, sign_note
from blockmrs.chain.merkle import Frontier, hash_leaf
from blockmrs.errors import InvalidInput, InvalidSignature

# Known answers of the public signed-note and checkpoint standards.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
ORIGIN = "log.example/blockmrs"
SEED = b"\x07" * 32
CHECKPOINT = """log.example/blockmrs
7
TL2ONYSUUEANTpxMCuf3HHmtRBD5rSxiRiL/X4YXMT0=

— log.example/blockmrs lrPblO+u55dOLBuEwhL9yO5cbgzIoVcdTGEa/NMdNP6TE+7Y4K/2xcO6DDGa8640GqkDPyVgvRNmY/ihJS7U/Vfj9gA=
"""
VERIFIER = "log.example/blockmrs+96b3db94+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
TEXT = CHECKPOINT.split("\n\n")[0] + "\n"
LINE = CHECKPOINT.split("\n\n")[1]


def test_the_public_example_note_opens():
    key = NoteKey.parse(EXAMPLE_KEY)
    assert open_note(EXAMPLE_NOTE, [key]) == ("This is an example message.\n", [key])


def test_a_log_of_seven_entries_has_the_checkpoint_that_an_independent_witness_accepted():
    log = Frontier()
    for number in range(7):
        log.append(hash_leaf(f"e{number}".encode()))
    assert sign_note(Checkpoint(ORIGIN, log.size, log.root()).format(), ORIGIN, SEED) == CHECKPOINT


def test_a_verifier_key_is_written_as_witnesses_read_it():
    assert NoteKey.parse(VERIFIER).format() == VERIFIER


def test_a_checkpoint_reads_back_and_further_lines_are_ignored():
    text, _ = open_note(CHECKPOINT, [NoteKey.parse(VERIFIER)])
    assert Checkpoint.parse(text) == Checkpoint.parse(text + "extension\n")
    assert Checkpoint.parse(text).size == 7


def test_unknown_keys_lines_are_ignored_and_sixteen_lines_are_read():
    others = "".join(f"— other{number} {base64.b64encode(bytes(68)).decode()}\n" for number in range(15))
    assert open_note(CHECKPOINT + others, [NoteKey.parse(VERIFIER)])[0] == TEXT


def test_a_hundred_signatures_and_64_kib_are_read_and_no_more():
    key = NoteKey.parse(VERIFIER)
    assert open_note(TEXT + "\n" + LINE * 100, [key]) == (TEXT, [key] * 100)
    with pytest.raises(InvalidInput):
        open_note(TEXT + "\n" + LINE * 101, [key])
    for size, fits in ((64 * 1024, True), (64 * 1024 + 1, False)):
        empty = len(sign_note("\n", ORIGIN, SEED).encode())
        note = sign_note("x" * (size - empty) + "\n", ORIGIN, SEED)
        assert len(note.encode()) == size
        if fits:
            assert open_note(note, [key])[1] == [key]
        else:
            with pytest.raises(InvalidInput):
                open_note(note, [key])


def test_a_note_that_no_known_key_signed_is_refused():
    with pytest.raises(InvalidSignature, match="no known key"):
        open_note(CHECKPOINT, [NoteKey.parse(EXAMPLE_KEY)])


def test_a_known_keys_wrong_signature_refuses_the_note():
    with pytest.raises(InvalidSignature, match="does not verify"):
        open_note(CHECKPOINT.replace("\n7\n", "\n8\n"), [NoteKey.parse(VERIFIER)])
    with pytest.raises(InvalidSignature, match="does not verify"):
        open_note(CHECKPOINT + "— log.example/blockmrs lrPblAAA\n", [NoteKey.parse(VERIFIER)])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        TEXT + "\n",
        TEXT + "\n" + LINE[:-1],
        TEXT + "\n" + LINE.replace("— ", "- "),
        TEXT + "\n" + LINE.replace("log.example/blockmrs ", "log.example/blockmrs"),
        TEXT + "\n" + LINE.replace("log.example", "log+example"),
        TEXT + "\n— name !!!!\n",
        TEXT + "\n— name AAAA\n",
        TEXT + "\n— name lrPblAAB=\n",
        "te\x00xt\n\n" + LINE,
        TEXT + "\n" + LINE * (MAX_SIGNATURES + 1),
        "x" * 70_000 + "\n\n" + LINE,
    ],
)
def test_what_is_no_signed_note_is_refused(note):
    with pytest.raises(InvalidInput):
        open_note(note, [NoteKey.parse(VERIFIER)])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n7\n",
        "origin\n07\n" + TEXT.split("\n")[2] + "\n",
        "origin\n-1\n" + TEXT.split("\n")[2] + "\n",
        "\n7\n" + TEXT.split("\n")[2] + "\n",
        "origin\n7\nAAAA\n",
        TEXT + "\nan extension after an empty line\n",
        "origin\n7\n" + TEXT.split("\n")[2],
        # The last character of the root's base64 with unused bits set: a second spelling of the same bytes.
        "origin\n7\n" + TEXT.split("\n")[2].replace("MT0=", "MT1=") + "\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(InvalidInput):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        VERIFIER.replace("96b3db94", "96b3db95"),
        VERIFIER.replace("+Aep", "+Bep"),
        VERIFIER + "=",
        "a b+00000000+" + VERIFIER.split("+", 2)[2],
        "name+00000000+" + base64.b64encode(b"\x01\x01" + bytes(31)).decode(),
    ],
)
def test_what_is_no_verifier_key_is_refused(text):
    with pytest.raises(InvalidInput):
        NoteKey.parse(text)


def test_only_text_that_ends_in_a_newline_is_signed():
    with pytest.raises(InvalidInput):
        sign_note("text", ORIGIN, SEED)
