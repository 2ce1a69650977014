"""What there is to choose from: the releases of a package and the sources named by URL or path (docs/resolver.md, 3).

In come pages and archives of the index port and the policy of the request; out comes, for each release, the file that
speaks for it or the obstacle that rules it out, and the environments that its wheels serve (4.5). Which release is taken
is ``search``'s matter.
"""
