"""Small made-up reviews for runs without files and network; what is measured on them means nothing."""

import numpy as np

OPINIONS = {
    "neg": ["dull", "clumsy", "boring", "awful", "shallow", "noisy", "tired", "pointless", "weak", "bland", "messy",
            "silly"],
    "neu": ["average", "plain", "usual", "ordinary", "typical", "familiar", "standard", "modest", "common", "fair",
            "middling", "normal"],
    "pos": ["wonderful", "superb", "charming", "brilliant", "moving", "delightful", "fresh", "gripping", "funny",
            "warm", "clever", "bright"],
}
FILLERS = ["the", "a", "this", "that", "it", "film", "story", "actor", "scene", "plot", "music", "camera", "ending",
           "role", "dialogue", "pace", "cast", "director", "set", "light", "sound", "script", "hour", "night", "crowd",
           "city", "house", "road", "summer", "winter", "and", "but", "with", "from", "about", "after"]
ASIDES = ["<br /><br />", "https://t.co/x1", "@critic", "10/10", "don't"]


def generated_rows() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(text, label) of 1,200 reviews to train and 400 to test, labels neg, neu and pos in equal shares, shuffled.

    A review has 3 to 6 words of opinion, each of its own class with probability 0.75, else of one of the other
    two. Guessing the class that has most of them is right nine times in ten.
    """
    random = np.random.RandomState(0)  # a stream that NumPy has frozen
    labels = random.permutation(np.arange(1600) % 3)
    rows = [(_review(random, label), list(OPINIONS)[label]) for label in labels]
    return rows[:1200], rows[1200:]


def _review(random: np.random.RandomState, label: int) -> str:
    words = [FILLERS[random.randint(len(FILLERS))] for _ in range(random.randint(6, 18))]
    for _ in range(random.randint(3, 7)):
        shown = label if random.rand() < 0.75 else (label + random.randint(1, 3)) % 3
        opinions = list(OPINIONS.values())[shown]
        words.insert(random.randint(len(words) + 1), opinions[random.randint(len(opinions))])
    if random.rand() < 0.3:
        words.insert(random.randint(len(words) + 1), ASIDES[random.randint(len(ASIDES))])
    half = len(words) // 2
    return ". ".join(" ".join(part).capitalize() for part in (words[:half], words[half:])) + "!"
