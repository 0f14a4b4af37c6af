"""`frontdesk …`, the same as `python -m app …`."""

from __future__ import annotations

import typer

from app.commands import copy, manager, rows, service, source

cli = typer.Typer(
    help="A self-hosted lead desk in Telegram.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.command()(service.run)
cli.command()(service.demo)
cli.command()(service.check)
cli.command()(service.migrate)
cli.command()(service.secret)
cli.add_typer(source.cli, name="source")
cli.add_typer(manager.cli, name="manager")
cli.add_typer(rows.parked, name="parked")
cli.add_typer(rows.outbox, name="outbox")
cli.command()(rows.journal)
cli.command()(rows.verify)
cli.command()(copy.copy)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
