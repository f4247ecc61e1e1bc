"""The command line: the same services, from a terminal. Its commands pick the concrete classes."""

import os
import sys

import typer
from typer import Typer

from brandstudio import logs
from brandstudio.cli import (
    audit,
    backup,
    briefs,
    doctor,
    packs,
    people,
    presets,
    reviews,
    server,
    settings,
    tokens,
    workers,
)
from brandstudio.errors import BriefError, StudioError
from brandstudio.settings import go_offline

cli = Typer(
    name="brandstudio",
    help="On-brand image variants: fill a form, compare, approve, download ad-ready packs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.command("plan")(briefs.plan)
cli.command("run")(briefs.run)
cli.command("runs")(briefs.runs)
cli.command("pause")(briefs.pause)
cli.command("resume")(briefs.resume)
cli.command("variants")(briefs.variants)
cli.add_typer(reviews.cli, name="review", help="Give verdicts on variants.")
cli.command("pack")(packs.pack)
cli.command("verify")(packs.verify)
cli.add_typer(presets.cli, name="presets", help="Check presets, copy them, lock a brand's files.")
cli.add_typer(people.cli, name="users", help="Add and invite people, give roles, end sessions.")
cli.add_typer(tokens.cli, name="tokens", help="See and revoke API tokens.")
cli.add_typer(audit.cli, name="audit", help="Prove that the log is whole, or take it out.")
cli.command("settings", short_help="List every setting, without secrets.")(settings.settings)
cli.command("upgrade", short_help="Bring an older database up to date.")(audit.upgrade)
cli.command("doctor", short_help="Check this machine and this installation.")(doctor.doctor)
cli.command("backup", short_help="Copy the whole studio into a new folder.")(backup.backup)
cli.command("restore", short_help="Check a backup and make it the studio.")(backup.restore)
cli.command("serve", short_help="Start the web server and its worker.")(server.serve)
cli.command("worker", short_help="Draw what waits in the queue.")(workers.worker)
cli.command("foreman", short_help="Keep workers on Ray.")(workers.foreman)


def main(arguments: list[str] | None = None) -> None:
    """Run one command; a person's mistake ends with one readable line, never a traceback."""
    go_offline()
    logs.set_up(os.environ.get("BRANDSTUDIO_LOG", "text"))
    try:
        # A command that raises typer.Exit makes its code the value of this call.
        sys.exit(cli(args=arguments, standalone_mode=False))
    except BriefError as error:
        _stop(f"{error}. Correct that and try again; nothing was changed.", 1)
    except StudioError as error:
        _stop(f"{error}. {error.hint}", 1)
    except typer.Abort:
        _stop("stopped", 130)
    except typer.TyperException as error:
        _stop(f"{_message(error).rstrip('.')}. Try 'brandstudio --help'.", 2)
    except KeyboardInterrupt:
        _stop("stopped", 130)
    except BrokenPipeError:
        sys.exit(0)


def _message(error: typer.TyperException) -> str:
    # A bare group prints its help and says nothing more.
    return (error.format_message() if getattr(error, "message", "") else "") or "Say what to do"


def _stop(message: str, code: int) -> None:
    line = " ".join(message.split())
    print(f"brandstudio: {line}", file=sys.stderr)
    sys.exit(code)
