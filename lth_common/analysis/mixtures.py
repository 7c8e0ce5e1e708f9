"""What an experiment's runs were made on, where that differs among them."""

from collections import Counter

PARTS = ("device", "engine", "torch", "python", "libraries", "threads", "cpu", "core", "data")  # of a run's `run.json`
UNKNOWN = "unknown"  # in runs of before it was recorded


def mixtures(runs: dict[str, dict]) -> list[str]:
    """A sentence for each (experiment, variant) whose runs were not made on the same.

    Such as 'experiment fc1/as_stated mixes torch 2.15.0 (3 runs) and 2.16.0 (2 runs)'. `runs`:
    '…/<experiment>/<variant>/<arm>/seed<N>' -> the run's `run.json`; of its checksums of data those of the same file
    are compared, since arms may read different files.
    """
    groups: dict[str, list[dict[str, str]]] = {}
    for name, about in runs.items():
        groups.setdefault("/".join(name.split("/")[-4:-2]), []).append(_made_on(about))
    sentences = []
    for group, made in sorted(groups.items()):
        parts = [f"{part} {text}" for part in dict.fromkeys(part for run in made for part in run)
                 if (text := _values(part, made))]
        if parts:
            sentences.append(f"experiment {group} mixes {'; '.join(parts)}")
    return sentences


def _made_on(about: dict) -> dict[str, str]:
    """Device, versions and each file's checksum as text, which only runs that read the file have."""
    made: dict[str, str] = {}
    for part in PARTS:
        value = about.get(part, {} if part == "data" else UNKNOWN)
        if isinstance(value, dict):
            made |= {f"{part} {name}": str(checksum)[:12] for name, checksum in value.items()}
        else:
            made[part] = str(value)
    return made


def _values(part: str, made: list[dict[str, str]]) -> str:
    """'2.15.0 (3 runs) and 2.16.0 (2 runs)'; '' if all runs that have it have the same."""
    counts = Counter(run[part] for run in made if part in run)
    words = [f"{value} ({count} run{'s' * (count > 1)})" for value, count in sorted(counts.items())]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if len(words) > 1 else ""
