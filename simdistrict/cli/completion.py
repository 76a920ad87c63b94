"""`simdistrict completion`: the script that lets a shell complete commands and names."""

from __future__ import annotations

import click

from simdistrict.cli.common import Command


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    r"""Print the script that completes commands, options and names in SHELL.

    \b
    bash: add to ~/.bashrc: eval "$(simdistrict completion bash)"
    zsh:  add to ~/.zshrc, after compinit: eval "$(simdistrict completion zsh)"
    fish: simdistrict completion fish > ~/.config/fish/completions/simdistrict.fish

    Completes scenarios, models, elements and their labels, tables and figures.

    Example: simdistrict completion bash
    """
    from simdistrict.cli.shells import script

    click.echo(script(shell, ctx.find_root().command), nl=False)
