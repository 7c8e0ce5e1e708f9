"""The tasks of this folder, in the form of `lth_common.protocol.task_names.TASKS`."""

HERE = "replications.rl_nlp_tickets"

TASKS = {
    "control": (f"{HERE}.control.schema:Settings", f"{HERE}.control.task:ControlTask"),
    "atari": (f"{HERE}.atari.schema:Settings", f"{HERE}.atari.task:AtariTask"),
    "language": (f"{HERE}.language.schema:Settings", f"{HERE}.language.task:LanguageTask"),
    "translation": (f"{HERE}.translation.schema:Settings", f"{HERE}.translation.task:TranslationTask",
                    f"{HERE}.translation.corpus:prepare"),
}
