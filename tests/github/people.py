"""What people and administrators do on the stand-in."""

from __future__ import annotations

from collections.abc import Mapping

from tests.github import git_data, merging, webhooks
from tests.github.gitstore import Person
from tests.github.model import (
    Account,
    Alert,
    CheckRun,
    Comment,
    Installation,
    Issue,
    Pull,
    Repository,
    Status,
)
from tests.github.world import World


class People(World):
    """Each method is one thing that somebody does; webhooks follow."""

    def add_repository(self, full_name: str, files: dict[str, str], *, private: bool = True) -> Repository:
        owner, _, name = full_name.partition("/")
        number = self.next_id()
        repository = Repository(
            id=number,
            owner=self.add_account(owner),
            name=name,
            git=self.make_git(number),
            private=private,
            permissions={owner: "admin"},
        )
        if files:
            self.commit(repository, repository.owner, "main", dict(files), "First commit")
        self.repositories[number] = repository
        return repository

    def add_collaborator(self, repository: Repository, login: str, role: str) -> Account:
        repository.permissions[login] = role
        return self.add_account(login)

    def forget_all(self) -> None:
        """No repository, and no installation."""
        with self._lock:
            for one in (self.repositories, self.installations, self.tokens):
                one.clear()

    def install(self, *repositories: Repository, without: str = "") -> Installation:
        """``without``: a permission that the account has not granted (yet)."""
        with self._lock:
            owner = repositories[0].owner
            one = Installation(
                id=self.next_id(),
                account=owner,
                permissions={name: level for name, level in self.app.permissions.items() if name != without},
                repositories={repo.id for repo in repositories},
            )
            self.installations[one.id] = one
            self.emit("installation", webhooks.installation_payload(self, "created", one, owner))
            return one

    def uninstall(self, one: Installation) -> None:
        with self._lock:
            self.emit("installation", webhooks.installation_payload(self, "deleted", one, one.account))
            del self.installations[one.id]

    def change_repositories(
        self, one: Installation, *, add: tuple[Repository, ...] = (), remove: tuple[Repository, ...] = ()
    ) -> None:
        with self._lock:
            one.repositories |= {repo.id for repo in add}
            one.repositories -= {repo.id for repo in remove}
            payload = webhooks.repositories_payload(self, one, list(add), list(remove), one.account)
            self.emit("installation_repositories", payload)

    def push(
        self,
        repository: Repository,
        files: Mapping[str, str | None],
        *,
        branch: str = "main",
        login: str | None = None,
        quiet: bool = False,
    ) -> str:
        """A person pushes one commit. ``quiet``: its webhook gets lost."""
        with self._lock:
            who = self.add_account(login) if login else repository.owner
            before = repository.git.branch(branch)
            sha = self.commit(repository, who, branch, dict(files), "Change by a person")
            self.moved(repository, f"refs/heads/{branch}", before, sha, who, quiet=quiet)
            return sha

    def amend(
        self,
        repository: Repository,
        branch: str,
        files: dict[str, str | None],
        *,
        login: str,
        message: str | None = None,
        quiet: bool = False,
    ) -> str:
        """``git commit --amend`` and a forced push: the author stays as it was."""
        with self._lock:
            git, who = repository.git, self.add_account(login)
            before = git.branch(branch)
            assert before is not None
            old = git.read_commit(before)
            rows = [(path, "100644", git.write_blob(text.encode()) if text else None) for path, text in files.items()]
            tree = git.write_tree(before, rows)
            sha = git.write_commit(tree, list(old.parents), message or old.message, old.author, _person(who))
            self._force(repository, branch, sha, who, quiet=quiet)
            return sha

    def force_push(self, repository: Repository, branch: str, sha: str, *, login: str, quiet: bool = False) -> None:
        """A person sets a branch back to a commit that is there."""
        with self._lock:
            self._force(repository, branch, sha, self.add_account(login), quiet=quiet)

    def update_branch(self, repository: Repository, number: int, *, login: str) -> str:
        """The button "Update branch": GitHub merges the base and signs the merge itself."""
        with self._lock:
            one, git, who = repository.pulls[number], repository.git, self.add_account(login)
            base = git.branch(one.base)
            assert base is not None
            tree = git.merge_tree(one.head_sha, base)
            words = f"Merge branch '{one.base}' into {one.head}"
            sha = git.write_commit(tree, [one.head_sha, base], words, _person(who), git_data.WEB_FLOW)
            repository.verified.add(sha)
            self._force(repository, one.head, sha, who)
            return sha

    def update_with_rebase(self, repository: Repository, number: int, *, login: str) -> str:
        """The other one, for a branch of one commit: the author stays, nobody signs."""
        with self._lock:
            one, git, who = repository.pulls[number], repository.git, self.add_account(login)
            base, old = git.branch(one.base), git.read_commit(one.head_sha)
            assert base is not None
            tree = git.merge_tree(one.head_sha, base, base=old.parents[0])
            sha = git.write_commit(tree, [base], old.message, old.author, _person(who))
            self._force(repository, one.head, sha, who)
            return sha

    def _force(self, repository: Repository, branch: str, sha: str, who: Account, *, quiet: bool = False) -> None:
        before = repository.git.branch(branch)
        repository.git.update_ref(f"refs/heads/{branch}", sha)
        self.moved(repository, f"refs/heads/{branch}", before, sha, who, quiet=quiet)

    def edit(
        self,
        repository: Repository,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        base: str | None = None,
        login: str | None = None,
    ) -> None:
        """A person edits the words of a pull request or an issue; the browser sends lines that end with CRLF."""
        with self._lock:
            who = self.add_account(login) if login else repository.owner
            one = repository.find_thread(number)
            assert one is not None
            text = None if body is None else body.replace("\n", "\r\n")
            self.edit_thread(repository, one, who, title=title, body=text)
            if base is not None:
                self._change_base(repository, repository.pulls[number], base, who)

    def _change_base(self, repository: Repository, one: Pull, base: str, who: Account) -> None:
        changes = {"base": {"ref": {"from": one.base}, "sha": {"from": one.base_sha}}}
        sha = repository.git.branch(base)
        assert sha is not None
        one.base, one.base_sha = base, sha
        self.tell(repository, "edited", one, who, changes=changes)

    def tick(self, repository: Repository, number: int, words: str, *, login: str) -> None:
        """The box of the line that has these words."""
        one = repository.find_thread(number)
        assert one is not None
        lines = one.body.replace("\r\n", "\n").split("\n")
        (place,) = [at for at, line in enumerate(lines) if words in line and "[ ]" in line]
        lines[place] = lines[place].replace("[ ]", "[x]", 1)
        self.edit(repository, number, body="\n".join(lines), login=login)

    def switch_default_branch(self, repository: Repository, name: str) -> None:
        """No push is told of; open pull requests keep their base."""
        with self._lock:
            if repository.git.branch(name) is None:
                head = repository.git.branch(repository.default_branch)
                assert head is not None
                repository.git.update_ref(f"refs/heads/{name}", head)
            changes = {"default_branch": {"from": repository.default_branch}}
            repository.default_branch = name
            self._tell_repository(repository, "edited", changes=changes)

    def unarchive(self, repository: Repository) -> None:
        with self._lock:
            repository.archived = False
            self._tell_repository(repository, "unarchived")

    def _tell_repository(self, repository: Repository, action: str, **more: object) -> None:
        payload = webhooks.repository_payload(self, repository, action, repository.owner, **more)
        self.emit("repository", payload)

    def comment(self, repository: Repository, number: int, text: str, *, login: str) -> Comment:
        with self._lock:
            return self.add_comment(repository, number, text, self.add_account(login))

    def close(self, repository: Repository, number: int, *, login: str) -> None:
        with self._lock:
            self.close_pull(repository, repository.pulls[number], self.add_account(login))

    def merge(self, repository: Repository, number: int, *, login: str, method: str = "squash") -> str:
        with self._lock:
            return merging.merge(self, repository, repository.pulls[number], method, self.add_account(login))

    # --- beside pull requests of the App ----------------------------------------------------------

    def fork(self, repository: Repository, owner: str) -> Repository:
        with self._lock:
            one = self.add_repository(f"{owner}/{repository.name}", {}, private=repository.private)
            one.git.fetch(repository.git, "refs/heads/*", "refs/heads/*")
            one.fork_of = repository.id
            return one

    def open_pull(
        self,
        repository: Repository,
        head: str,
        *,
        login: str,
        base: str = "main",
        title: str = "A change",
        body: str = "",
        fork: Repository | None = None,
        maintainer_can_modify: bool = True,
        draft: bool = False,
    ) -> Pull:
        """By a person, or by another bot."""
        return self.add_pull(
            repository,
            head=head,
            base=base,
            title=title,
            body=body,
            author=self.add_account(login),
            head_repository=fork,
            maintainer_can_modify=maintainer_can_modify,
            draft=draft,
        )

    def mark_ready(self, repository: Repository, number: int, *, login: str) -> None:
        with self._lock:
            repository.pulls[number].draft = False
            self.tell(repository, "ready_for_review", repository.pulls[number], self.add_account(login))

    def reopen(self, repository: Repository, number: int, *, login: str) -> None:
        with self._lock:
            one = repository.find_thread(number)
            assert one is not None
            self.set_issue_state(repository, one, "open", self.add_account(login))

    def open_issue(self, repository: Repository, title: str, *, login: str, body: str = "") -> Issue:
        return self.add_issue(repository, title=title, body=body, author=self.add_account(login))

    def close_issue(self, repository: Repository, number: int, *, login: str) -> None:
        with self._lock:
            self.set_issue_state(repository, repository.issues[number], "closed", self.add_account(login))

    def delete_issue(self, repository: Repository, number: int, *, login: str) -> None:
        with self._lock:
            one = repository.issues.pop(number)
            self.tell(repository, "deleted", one, self.add_account(login))

    def edit_comment(self, repository: Repository, comment: int, text: str, *, login: str) -> None:
        with self._lock:
            self.change_comment(repository, repository.comments[comment], text, self.add_account(login))

    def review(self, repository: Repository, number: int, state: str, *, login: str) -> None:
        """``state``: ``APPROVED`` or ``CHANGES_REQUESTED``."""
        with self._lock:
            one = repository.pulls[number]
            one.reviews[login] = state
            one.reviewers = [who for who in one.reviewers if who.login != login]
            merging.merge_what_may(self, repository)
            self.emit(
                "pull_request_review",
                webhooks.pull_payload(self, repository, "submitted", one, self.add_account(login)),
            )

    # --- checks and alerts ------------------------------------------------------------------------

    def add_check(
        self, repository: Repository, sha: str, name: str, conclusion: str | None = "success", *, app: str = "ci"
    ) -> CheckRun:
        """By another App; ``conclusion`` None: it is on its way."""
        with self._lock:
            run = CheckRun(
                id=self.next_id(),
                name=name,
                head_sha=sha,
                status="in_progress" if conclusion is None else "completed",
                conclusion=conclusion,
                title="",
                summary="",
                annotations=[],
                app=app,
            )
            repository.checks[run.id] = run
            self.tell_check(repository, "created", run, self.add_account(f"{app}[bot]"))
            return run

    def end_check(self, repository: Repository, run: CheckRun, conclusion: str) -> None:
        with self._lock:
            run.status, run.conclusion = "completed", conclusion
            self.tell_check(repository, "completed", run, self.add_account(f"{run.app}[bot]"))

    def add_status(self, repository: Repository, sha: str, context: str, state: str, *, login: str) -> None:
        """``state``: success, pending, failure or error."""
        with self._lock:
            one = Status(context=context, state=state, creator=self.add_account(login))
            repository.statuses.setdefault(sha, {})[context] = one
            merging.merge_what_may(self, repository)
            self.emit("status", webhooks.status_payload(self, repository, sha, context, state, one.creator))

    def rerun_check(self, repository: Repository, run: CheckRun, *, login: str) -> None:
        """The button "Re-run" beside a check of the App's."""
        with self._lock:
            self.tell_check(repository, "rerequested", run, self.add_account(login))

    def rerun_all(self, repository: Repository, sha: str, *, login: str) -> None:
        """The button "Re-run all checks"."""
        with self._lock:
            self.emit(
                "check_suite", webhooks.suite_payload(self, repository, "rerequested", sha, self.add_account(login))
            )

    def queue(self, repository: Repository, number: int) -> str:
        """A pull request is put on the merge queue: GitHub makes the commit that would come of it, and asks for checks."""
        with self._lock:
            one, git = repository.pulls[number], repository.git
            base = git.branch(one.base)
            assert base is not None
            tree = git.merge_tree(one.head_sha, base)
            sha = git.write_commit(tree, [base, one.head_sha], one.title, git_data.WEB_FLOW, git_data.WEB_FLOW)
            ref = f"refs/heads/gh-readonly-queue/{one.base}/pr-{number}-{base}"
            git.update_ref(ref, sha)
            self.emit("merge_group", webhooks.group_payload(self, repository, one, ref, sha, base))
            return sha

    def raise_alert(
        self,
        repository: Repository,
        package: str,
        *,
        manifest: str = "uv.lock",
        ghsa: str = "GHSA-xxxx-xxxx-xxxx",
        vulnerable: str = "< 2.0",
        patched: str | None = "2.0",
        severity: str = "high",
        state: str = "open",
        ecosystem: str = "pip",
    ) -> Alert:
        with self._lock:
            alerts = repository.alerts
            assert alerts is not None
            one = Alert(
                number=len(alerts) + 1,
                package=package,
                manifest=manifest,
                ghsa=ghsa,
                vulnerable=vulnerable,
                patched=patched,
                severity=severity,
                summary=f"{package} can be harmed",
                state=state,
                ecosystem=ecosystem,
            )
            alerts[one.number] = one
            self.emit("dependabot_alert", webhooks.alert_payload(self, repository, "created", one))
            return one


def _person(who: Account) -> Person:
    return Person(name=who.login, email=who.email)
