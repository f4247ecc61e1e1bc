"""settings: what this studio is set up as, for whoever has to account for it."""

from typing import Annotated

import typer

from brandstudio.cli.act_as import As, acting
from brandstudio.domain.access import Action, needs
from brandstudio.services.operations import settings_report
from brandstudio.services.studio import build_studio
from brandstudio.settings import read_settings

Changed = Annotated[bool, typer.Option("--changed", help="Only those that are not the default.")]


@needs(Action.SEE_SETTINGS)
def settings(changed: Changed = False, as_: As = "") -> None:
    """List every setting with its value and where it came from; of a secret only whether it is set.

    They are those of this terminal's environment: a studio that is served may have been started
    with others, which the administration page shows.
    """
    studio = build_studio(read_settings())
    every = settings_report.settings(studio, person=acting(studio, as_))
    listing = [
        one
        for one in every
        if not (changed and one.origin is settings_report.SettingOrigin.DEFAULT)
    ]
    for one in listing:
        print(f"{one.variable:<34} {one.value or '(not set)':<24} {one.origin:<13} {one.meaning}")
    if not listing:
        print("Every setting is the default.")
