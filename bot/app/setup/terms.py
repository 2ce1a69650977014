"""What a person asked for and what GitHub made of it, in the terms of pages, of GitHub and of what is stored. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.forge.github.registering.conversion import Converted
from bot.forge.github.registering.manifest import Wanted
from bot.settings import Registration
from bot.settings.begun import Begun
from bot.web.setup.edge import Choice, Keep, Registered, Todo


def want(choice: Choice) -> Wanted:
    return Wanted(
        github_url=choice.github_url,
        organization=choice.organization,
        public_url=choice.public_url,
        name=choice.name,
    )


def note_choice(choice: Choice, drawn: str) -> Begun:
    return Begun(
        name=choice.name,
        settings_page=want(choice).settings_page,
        github_url=choice.github_url,
        organization=choice.organization or "",
        public_url=choice.public_url,
        keep=choice.keep.value,
        drawn=drawn,
    )


def find_choice(begun: Begun) -> Choice:
    return Choice(
        github_url=begun.github_url,
        organization=begun.organization or None,
        public_url=begun.public_url,
        name=begun.name,
        keep=Keep.KUBERNETES if begun.keep == Keep.KUBERNETES.value else Keep.FOLDER,
    )


def make_registration(choice: Choice, made: Converted) -> Registration:
    return Registration(
        app_id=made.app_id,
        slug=made.slug,
        github_url=choice.github_url,
        public_url=choice.public_url,
        client_id=made.client_id,
        private_key=made.private_key,
        webhook_secret=made.webhook_secret,
        client_secret=made.client_secret,
    )


def list_variables(one: Registration) -> dict[str, str]:
    """What is told by variables in place of files; without what GitHub did not give."""
    found = {
        "LOCKBOT_APP_ID": str(one.app_id),
        "LOCKBOT_CLIENT_ID": one.client_id,
        "LOCKBOT_CLIENT_SECRET": one.client_secret,
        "LOCKBOT_GITHUB_URL": one.github_url,
        "LOCKBOT_PRIVATE_KEY": one.private_key,
        "LOCKBOT_PUBLIC_URL": one.public_url,
        "LOCKBOT_WEBHOOK_SECRET": one.webhook_secret,
    }
    return {name: text for name, text in found.items() if text}


def describe(choice: Choice, made: Converted) -> Registered:
    page = f"{want(choice).settings_page}/{made.slug}"
    return Registered(
        slug=made.slug,
        # GitHub lists who can install it on the App's own page too.
        install_page=f"{made.page}/installations/new" if made.page else f"{page}/installations",
        settings_page=page,
        deliveries_page=f"{page}/advanced",
        todo=() if made.client_id and made.client_secret else (Todo.CLIENT_SECRET,),
    )


def with_todo(one: Registered, todo: Todo) -> Registered:
    return replace(one, todo=(todo, *one.todo))
