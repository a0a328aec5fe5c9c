"""The command line in Spanish: what typer says by itself, in its help and of a command that is typed wrongly.

Its words are not all open to translation, so they are changed where they come out: in the tree of commands, in the
titles of the help, and in the errors, by the pattern of each. Its copy of click has no public name for two of these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import typer
from typer import rich_utils
from typer._click.core import Command, Context
from typer._click.exceptions import MissingParameter, NoArgsIsHelpError, NoSuchOption, UsageError
from typer._click.formatting import HelpFormatter
from typer.core import TyperGroup
from typer.main import get_command

EXIT_MAL_ESCRITA = 2


class _Ayuda(HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "Uso: ")


def run(app: typer.Typer, nombre: str, argumentos: Sequence[str] | None = None) -> int:
    """Run a command, the one that this process was given by default; its exit status, 2 if it is typed wrongly."""
    Context.formatter_class = _Ayuda
    rich_utils.ARGUMENTS_PANEL_TITLE = "Argumentos"
    rich_utils.OPTIONS_PANEL_TITLE = "Opciones"
    rich_utils.COMMANDS_PANEL_TITLE = "Comandos"
    rich_utils.REQUIRED_LONG_STRING = "[obligatorio]"
    rich_utils.DEFAULT_STRING = "[por omisión: {}]"
    comando = get_command(app)
    _translate_ayuda(comando, Context(comando))
    try:
        estado: Any = comando.main(argumentos, nombre, standalone_mode=False)
    except NoArgsIsHelpError:  # the help has been shown
        return EXIT_MAL_ESCRITA
    except UsageError as error:
        typer.secho(f"{nombre}: {explain(error)}", fg="red", err=True)
        if error.ctx is not None:
            typer.echo(f"Vea «{error.ctx.command_path} --help»", err=True)
        return EXIT_MAL_ESCRITA
    return estado if isinstance(estado, int) else 0


def explain(error: UsageError) -> str:
    """What is wrong with a command as it was typed, and where."""
    match error:
        case MissingParameter(param=param):
            return f"falta {_name(param)}"
        case NoSuchOption(option_name=opcion, possibilities=parecidas):
            return f"no hay una opción «{opcion}»" + (f"; ¿quiso decir {_join(parecidas)}?" if parecidas else "")
        case typer.BadParameter(param=param, param_hint=hint) if hint or param:
            return f"{hint or _name(param)}: {_translate(error.message)}"
    return _translate(error.message)


def _translate_ayuda(comando: Command, ctx: Context) -> None:
    comando.options_metavar = "[OPCIONES]"
    if opcion := comando.get_help_option(ctx):
        opcion.help = "Muestra esta ayuda."
    if isinstance(comando, TyperGroup):
        comando.subcommand_metavar = "COMANDO [ARGUMENTOS]..."
        for hijo in comando.commands.values():
            _translate_ayuda(hijo, ctx)


def _name(param: Any) -> str:
    """An option by its longest name, an argument as the help writes it."""
    return max(param.opts, key=len) if param.param_type_name == "option" else str(param.display_name_raw)


def _join(nombres: Any) -> str:
    return " o ".join(f"«{nombre}»" for nombre in nombres)


def _translate(mensaje: str) -> str:
    """One of typer's messages in Spanish; one of ours as it is."""
    for ingles, espanol in _MENSAJES.items():
        if encontrado := re.fullmatch(ingles, mensaje, re.DOTALL):
            return espanol.format(*(grupo.replace("'", "") for grupo in encontrado.groups("")))
    return mensaje


_MENSAJES = {
    r"No such command (.+?)\.": "no hay un comando «{0}»",
    r"No such command (.+?)\. Did you mean (.+)\?": "no hay un comando «{0}»; ¿quiso decir «{1}»?",
    r"Missing command\.": "falta el comando",
    r"Got unexpected extra argument\(s\) \((.*)\)": "sobra «{0}»",
    r"Option (\S+) requires an argument\.": "a la opción «{0}» le falta su valor",
    r"Option (\S+) does not take a value\.": "la opción «{0}» no lleva un valor",
    r"\w+ (.+) does not exist\.": "no existe «{0}»",
    r"\w+ (.+) is a directory\.": "«{0}» es una carpeta: indique un archivo",
    r"\w+ (.+) is a file\.": "«{0}» es un archivo: indique una carpeta",
    r"\w+ (.+) is not readable\.": "no hay permiso para leer «{0}»",
    r"\w+ (.+) is not writable\.": "no hay permiso para escribir «{0}»",
    r"Value error, .+ is not one of (.+)\.": "debe ser uno de {0}",
    r"Value error, .+ does not match the formats? .+\.": "debe ser una fecha, AAAA-MM-DD",
    r"Input should be a valid integer.*": "debe ser un número entero",
    r"Input should be a valid number.*": "debe ser un número",
    r"Input should be a finite number": "debe ser un número",
    r"Input should be greater than or equal to (\S+)": "debe ser {0} o más",
    r"Input should be less than or equal to (\S+)": "debe ser {0} o menos",
    r"Input should be greater than (\S+)": "debe ser más que {0}",
    r"Input should be less than (\S+)": "debe ser menos que {0}",
}
"""By the whole of what typer, or the pydantic in it, says."""
