"""The tasks of this folder, in the form of `lth_common.protocol.task_names.TASKS`."""

from lth_common.protocol.task_metrics import CLASSIFICATION, Metrics, joined

HERE = "replications.rl_nlp_tickets"
CORPUS = "lth_common.datasets.editions:of_corpus"
GAMES: Metrics = {
    "model": {"connected": "count"}, "test": {"start_reward": "reward"},
    "train": {"reward": "reward", "ticket_reward": "reward", "environment_steps": "steps"}}

TASKS = {
    "control": {
        "settings": f"{HERE}.control.schema:Settings", "task": f"{HERE}.control.task:ControlTask",
        "versions": {"control": 2}, "metrics": joined(GAMES, {"train": {"updates": "steps"}}),
    },
    "atari": {
        "settings": f"{HERE}.atari.schema:Settings", "task": f"{HERE}.atari.task:AtariTask",
        "versions": {"atari": 1}, "metrics": joined(GAMES, {"train": {"loss": "number", "games": "count"}}),
    },
    "language": {
        "settings": f"{HERE}.language.schema:Settings", "task": f"{HERE}.language.task:LanguageTask",
        "versions": {"language": 1}, "edition": CORPUS,
        "metrics": joined(CLASSIFICATION, {"test": {"log_perplexity": "nats"}}),
    },
    "translation": {
        "settings": f"{HERE}.translation.schema:Settings", "task": f"{HERE}.translation.task:TranslationTask",
        "versions": {"translation": 1}, "edition": CORPUS, "prepare": f"{HERE}.translation.corpus:prepare",
        "loads": [f"{HERE}.translation.fairseq_plugin"],
        "metrics": {"validation": {"loss": "nats"}, "test": {"bleu": "bleu", "sacrebleu": "bleu"}},
    },
}
