"""The tasks of this folder, in the form of `lth_common.protocol.task_names.TASKS`."""

HERE = "replications.rl_nlp_tickets"
CORPUS = "lth_common.datasets.editions:of_corpus"

TASKS = {
    "control": {
        "settings": f"{HERE}.control.schema:Settings", "task": f"{HERE}.control.task:ControlTask",
        "versions": {"control": 2},
    },
    "atari": {
        "settings": f"{HERE}.atari.schema:Settings", "task": f"{HERE}.atari.task:AtariTask",
        "versions": {"atari": 1},
    },
    "language": {
        "settings": f"{HERE}.language.schema:Settings", "task": f"{HERE}.language.task:LanguageTask",
        "versions": {"language": 1}, "edition": CORPUS,
    },
    "translation": {
        "settings": f"{HERE}.translation.schema:Settings", "task": f"{HERE}.translation.task:TranslationTask",
        "versions": {"translation": 1}, "edition": CORPUS, "prepare": f"{HERE}.translation.corpus:prepare",
        "loads": [f"{HERE}.translation.fairseq_plugin"],
    },
}
