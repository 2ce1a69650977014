"""Random options of ``export`` for a lock: some that make sense for it, some that must be refused."""

from __future__ import annotations

from random import Random

from bot.lockfile.graph import own_packages
from bot.lockfile.model import Lock

_FLAGS = (
    "--no-hashes", "--no-annotate", "--no-header", "--no-emit-project", "--no-emit-workspace", "--no-emit-local",
    "--no-editable", "--all-packages", "--all-extras", "--all-groups", "--no-dev", "--only-dev", "--dev",
    "--no-default-groups", "--only-emit-project", "--only-emit-workspace", "--only-emit-local",
)  # fmt: skip
_FORMATS = ("requirements.txt", "requirements.txt", "requirements.txt", "pylock.toml", "pylock.toml", "cyclonedx1.5")


def random_options(random: Random, lock: Lock) -> list[str]:
    """One to five options, with their values."""
    own = own_packages(lock)
    names = {
        "--extra": sorted({extra for package in own for extra in package.optional_dependencies}),
        "--no-extra": sorted({extra for package in own for extra in package.metadata.provides_extras}),
        "--group": sorted({group for package in own for group in package.dev_dependencies}),
        "--no-group": sorted({group for package in own for group in package.dev_dependencies}),
        "--only-group": sorted({*lock.manifest.dependency_groups, *(g for one in own for g in one.dev_dependencies)}),
        "--package": [package.name for package in own],
        "--prune": sorted({package.name for package in lock.packages}),
        "--no-emit-package": sorted({package.name for package in lock.packages}),
        "--only-emit-package": sorted({package.name for package in lock.packages}),
        "--no-editable-package": [package.name for package in own],
    }
    options = ["--format", random.choice(_FORMATS)] if random.random() < 0.5 else []
    for _ in range(random.randint(1, 4)):
        if random.random() < 0.4:
            options.append(random.choice(_FLAGS))
            continue
        option = random.choice(sorted(names))
        known = names[option]
        if known and random.random() < 0.95:
            options += [option, random.choice(known)]
        elif random.random() < 0.1:
            options += [option, "nothing-of-the-kind"]
    return options
