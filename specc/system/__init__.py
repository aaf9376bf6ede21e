"""What the machine is trusted with: files of the user alone, locks, programs that are started, and bounded reading.

- `private`: folders and files that nobody else can read or write.
- `locks`: locks of files, also on disks that only pretend to have them.
- `programs`: how a program is found, so that no repository can bring one.
- `reader`: reading a regular file up to a limit.

They are imported as modules, because a check needs two of them.
"""
