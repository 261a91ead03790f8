"""``interlingua classify``: train in one language, classify in any."""

from __future__ import annotations

import typer

from interlingua.cli.classify_evaluate import evaluate
from interlingua.cli.classify_explain import explain
from interlingua.cli.classify_predict import predict
from interlingua.cli.classify_suggest import suggest
from interlingua.cli.classify_train import train
from interlingua.cli.models import help_without_command

app = typer.Typer(help="Train a classifier in one language, and classify texts in any.")
app.callback(invoke_without_command=True)(help_without_command)

for _command in (train, predict, evaluate, explain, suggest):
    app.command(_command.__name__)(_command)
