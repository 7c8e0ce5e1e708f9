"""The learning rate in each epoch."""

import pytest
from conftest import make_train

from lth_common.training.loop import lr_in


@pytest.mark.parametrize(("decay", "factors"), [
    (None, {0: 1, 9: 1}),
    ({"factor": 0.95}, {0: 1, 1: 0.95, 7: 0.95**7}),
    ({"factor": 0.1, "every_epochs": 10}, {0: 1, 9: 1, 10: 0.1, 19: 0.1, 20: 0.1**2}),
    ({"factor": 1.1, "epochs": 20}, {0: 1, 1: 1.1, 19: 1.1**19, 20: 1.1**20, 21: 1.1**20, 99: 1.1**20}),
    ({"factor": 0.5, "every_epochs": 2, "epochs": 5}, {1: 1, 2: 0.5, 3: 0.5, 4: 0.25, 5: 0.25, 6: 0.25}),
])
def test_the_learning_rate_changes_after_the_epochs_it_should(decay, factors):
    settings = make_train(optimizer={"name": "sgd", "lr": 0.1}, lr_decay=decay)
    assert {epoch: lr_in(epoch, settings) for epoch in factors} == {
        epoch: settings.optimizer.lr * factor for epoch, factor in factors.items()}


@pytest.mark.parametrize(("decay", "message"), [
    ({"factor": 0}, "greater than 0"), ({"every_epochs": 2}, "factor\n"),
    ({"factor": 0.5, "every_epochs": 5, "epochs": 4}, "'epochs' below 'every_epochs' leaves the rate as it is"),
])
def test_a_learning_rate_that_could_not_change_is_refused(decay, message):
    with pytest.raises(ValueError, match=message):
        make_train(lr_decay=decay)
