"""Renovate's words of former times, and what they are called now. Tables only; ``adapt`` goes by them."""

from __future__ import annotations

from collections.abc import Mapping

#: Options that were renamed.
RENAMED: Mapping[str, str] = {
    "baseBranches": "baseBranchPatterns",
    "baseBranch": "baseBranchPatterns",
    "masterIssue": "dependencyDashboard",
    "masterIssueApproval": "dependencyDashboardApproval",
    "masterIssueAutoclose": "dependencyDashboardAutoclose",
    "masterIssueFooter": "dependencyDashboardFooter",
    "masterIssueHeader": "dependencyDashboardHeader",
    "masterIssueLabels": "dependencyDashboardLabels",
    "masterIssueTitle": "dependencyDashboardTitle",
    "managerBranchPrefix": "additionalBranchPrefix",
    "multipleMajorPrs": "separateMultipleMajor",
    "packages": "packageRules",
    "regexManagers": "customManagers",
    "separateMajorReleases": "separateMajorMinor",
    "separatePatchReleases": "separateMinorPatch",
    "versionScheme": "versioning",
    "versionStrategy": "rangeStrategy",
    "aliases": "registryAliases",
    "endpoints": "hostRules",
    "compatibility": "constraints",
}

#: Matchers of rules that were renamed.
RENAMED_MATCHERS: Mapping[str, str] = {
    "baseBranchList": "matchBaseBranches",
    "datasources": "matchDatasources",
    "depTypeList": "matchDepTypes",
    "excludedPackageNames": "excludePackageNames",
    "languages": "matchCategories",
    "managers": "matchManagers",
    "matchFiles": "matchFileNames",
    "matchLanguages": "matchCategories",
    "matchPaths": "matchFileNames",
    "packageNames": "matchPackageNames",
    "packagePatterns": "matchPackagePatterns",
    "packagePattern": "matchPackagePatterns",
    "packageName": "matchPackageNames",
    "paths": "matchFileNames",
    "sourceUrlPrefixes": "matchSourceUrlPrefixes",
    "updateTypes": "matchUpdateTypes",
}

#: Matchers that became patterns of another one: which, and how each text is written there.
PATTERNS: Mapping[str, tuple[str, str]] = {
    "matchPackagePatterns": ("matchPackageNames", "/{}/"),
    "matchPackagePrefixes": ("matchPackageNames", "{}**"),
    "excludePackageNames": ("matchPackageNames", "!{}"),
    "excludePackagePatterns": ("matchPackageNames", "!/{}/"),
    "excludePackagePrefixes": ("matchPackageNames", "!{}**"),
    "matchDepPatterns": ("matchDepNames", "/{}/"),
    "matchDepPrefixes": ("matchDepNames", "{}**"),
    "excludeDepNames": ("matchDepNames", "!{}"),
    "excludeDepPatterns": ("matchDepNames", "!/{}/"),
    "excludeDepPrefixes": ("matchDepNames", "!{}**"),
}

#: Matchers by what lockbot does not know of an update: a rule with one of them can't be judged.
UNKNOWN_MATCHERS = frozenset(
    {
        "matchBaseBranches",
        "matchConfidence",
        "matchCurrentValue",
        "matchJsonata",
        "matchNewValue",
        "matchRegistryUrls",
        "matchRepositories",
        "matchSourceUrlPrefixes",
        "matchSourceUrls",
    }
)

#: Matchers that lockbot answers for all that it updates: what they hold there.
ANSWERED: Mapping[str, str] = {"matchCategories": "python", "matchDatasources": "pypi"}

#: Update types that lockbot does not make.
OTHER_UPDATES = frozenset({"bump", "digest", "lockfileUpdate", "pin", "pinDigest", "replacement", "rollback"})

#: Tables of other ecosystems that sound like ours.
OTHER_TABLES = frozenset(
    {
        "build-dependencies",
        "dev",
        "dev-dependencies",
        "devDependencies",
        "extras",
        "indirect",
        "optionalDependencies",
        "peerDependencies",
        "project.requires-python",
        "requires-python",
        "tool.uv.sources",
    }
)

#: The managers that lockbot is, by Renovate's names.
MANAGERS = ("pep621", "pep723", "pip-compile", "pip_requirements")
