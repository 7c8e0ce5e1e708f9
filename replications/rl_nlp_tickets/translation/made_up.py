"""A small made-up English and German, for runs without files and network; what is measured on it means nothing."""

import numpy as np

EDITION = "made up, format 2"  # what stands for its checksum in records
WHO = {"the man": "der Mann", "a woman": "eine Frau", "the child": "das Kind", "a dog": "ein Hund",
       "the teacher": "die Lehrerin", "my friend": "mein Freund"}
WHAT = {"a book": "ein Buch", "the house": "das Haus", "two cats": "zwei Katzen", "the old bridge": "die alte Brücke",
        "a red car": "ein rotes Auto", "the sea": "das Meer", "some bread": "etwas Brot"}
DOES = {"sees": "sieht", "looks for": "sucht", "paints": "malt", "finds": "findet", "loves": "liebt"}
WHEN = {"today": "heute", "in the evening": "am Abend", "on Monday": "am Montag", "now": "jetzt"}
SIZES = {"train": 600, "valid": 60, "test": 60}


def made_up_pairs() -> dict[str, tuple[list[str], list[str]]]:
    """English and German sentences of each part, all pairs drawn independently; German puts the time after the verb."""
    random = np.random.RandomState(0)  # a stream that NumPy has frozen
    return {part: tuple(zip(*(_pair(random) for _ in range(size)), strict=True)) for part, size in SIZES.items()}


def _pair(random: np.random.RandomState) -> tuple[str, str]:
    who, does, what, when = (list(words.items())[random.randint(len(words))] for words in (WHO, DOES, WHAT, WHEN))
    english = f"{who[0]} {does[0]} {what[0]} {when[0]}."
    german = f"{who[1]} {does[1]} {when[1]} {what[1]}."
    return english[0].upper() + english[1:], german[0].upper() + german[1:]
