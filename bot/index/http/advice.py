"""What is said where a server lets nobody in, or not with what it was shown: what, where, and what to do."""

from __future__ import annotations

from bot.index.http.credentials import variables_of
from bot.resolver.model.index import Authenticate, Index
from bot.values import value


@value
class Advice:
    """``is_users``: who reads this can give credentials himself. Else it is for an operator to do, whose secrets and where
    they are kept are nobody's business."""

    is_users: bool = True

    def closed(self, status: int, shown: str, index: Index | None) -> str:
        """About an answer of ``status`` to credentials from ``shown`` (``""``: to none)."""
        codes = " (an index that answers so for what it does not have: list the status in its ignore-error-codes)"
        if not shown:
            return f"the index wants credentials (status {status}), and {self._what_to_give(index)}{codes}"
        whose = f"the credentials from {shown}" if self.is_users else "the credentials that lockbot has for it"
        if status == 401:
            return f"the index refused {whose} (status 401); {self._check('whether they are right and have not ended')}"
        return f"the index does not let {whose} read this (status {status}); {self._check('what they may read')}{codes}"

    def missing(self, index: Index | None) -> str:
        """About an index that is not to be asked without credentials, where there are none."""
        return f'its index says authenticate = "always", and {self._what_to_give(index)}'

    def _what_to_give(self, index: Index | None) -> str:
        if index is not None and index.authenticate is Authenticate.NEVER:
            return 'it is to be asked without (authenticate = "never")'
        if not self.is_users:
            return "lockbot has none for it; ask who operates lockbot to add some"
        if index is not None and index.name is not None:
            return f"none are known for it; set {' and '.join(variables_of(index.name))}"
        return (
            "none are known for it; give the index a name and set UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD"
        )

    def _check(self, what: str) -> str:
        return f"check {what}" if self.is_users else f"ask who operates lockbot to check {what}"
