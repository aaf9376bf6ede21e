"""Folders and files that nobody else may write: what is made, what is taken, and what is refused with which command."""

import contextlib
import os
import stat

import pytest

from specc.errors import SpeccError
from specc.system import private

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of other users")
STRANGER = 4242


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@contextlib.contextmanager
def umask(value):
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir(mode=0o755)
    return folder


def refusal(call, *arguments, **options):
    with pytest.raises(SpeccError) as caught:
        call(*arguments, **options)
    return caught.value


class TestFoldersThatAreMade:
    @pytest.mark.parametrize("value", [0o000, 0o002, 0o022, 0o077, 0o277, 0o777])
    def test_every_missing_folder_is_0700_whatever_the_umask(self, home, value):
        with umask(value):
            made = private.make_folder(home / "a" / "b" / "c")
        assert made == home / "a" / "b" / "c"
        assert [mode(made), mode(made.parent), mode(made.parent.parent)] == [0o700] * 3

    def test_a_set_group_id_folder_above_changes_nothing(self, home):
        home.chmod(0o2755)
        assert mode(private.make_folder(home / "a" / "b")) == 0o700

    def test_twice_is_once(self, home):
        assert private.make_folder(home / "a") == private.make_folder(home / "a")

    def test_looking_makes_nothing(self, home):
        assert private.place_file(home / "a" / "b", makes=False) is None
        assert list(home.iterdir()) == []

    def test_a_folder_where_nothing_can_be_made_is_said(self, home):
        (home / "a").write_text("")
        error = refusal(private.make_folder, home / "a" / "b")
        assert error.message == f"{home / 'a'} cannot be used: it is not a folder"
        assert error.help == f"move it away: `mv {home / 'a'} {home / 'a.not-used'}`"

    def test_a_path_with_a_nul_is_said(self, home):
        assert "is not a path" in refusal(private.make_folder, home / "a\0b").message


class TestFoldersThatAreThere:
    def test_own_folders_that_others_can_read_are_narrowed(self, home):
        (home / "specc" / "local").mkdir(parents=True, mode=0o755)
        private.make_folder(home / "specc" / "local", own=2)
        assert mode(home / "specc") == mode(home / "specc" / "local") == 0o700
        assert mode(home) == 0o755

    def test_a_folder_of_the_user_stays_readable(self, home):
        private.place_file(home / "ledger.sqlite", own=0)
        assert mode(home) == 0o755

    @pytest.mark.parametrize("bits", [0o775, 0o757, 0o1777, 0o2770, 0o722])
    def test_own_folders_that_others_can_write_are_refused_with_the_command(self, home, bits):
        own = home / "it is mine"
        own.mkdir()
        own.chmod(bits)
        error = refusal(private.make_folder, own / "below", own=2)
        assert f"(mode {bits:04o})" in error.message
        if not bits & stat.S_ISVTX:
            assert f"`chmod 700 '{own}'`" in error.help
        assert list(own.iterdir()) == []

    @pytest.mark.parametrize("bits", [0o777, 0o775, 0o770])
    def test_a_folder_above_in_which_others_can_rename_is_refused(self, home, bits):
        home.chmod(bits)
        os.chown(home, -1, 0 if os.geteuid() == 0 else -1)
        if bits == 0o777 or os.geteuid() == 0:
            assert f"`chmod go-w {home}`" in refusal(private.make_folder, home / "a" / "b").help

    def test_a_sticky_folder_above_is_fine(self, home):
        home.chmod(0o1777)
        assert private.make_folder(home / "a") == home / "a"

    def test_a_file_directly_in_a_sticky_folder_is_refused(self, home):
        home.chmod(0o1777)
        error = refusal(private.place_file, home / "ledger.sqlite", own=0)
        assert "by everybody (mode 1777)" in error.message
        assert str(home / "specc") in error.help

    @needs_root
    def test_a_planted_folder_is_refused(self, home):
        home.chmod(0o1777)
        planted = home / "specc"
        planted.mkdir(mode=0o700)
        os.chown(planted, STRANGER, STRANGER)
        error = refusal(private.make_folder, planted / "local", own=2)
        assert f"{planted} belongs to the user {STRANGER}" in error.message
        assert f"`mv {planted} {planted}.not-used`" in error.help
        assert list(planted.iterdir()) == []

    @needs_root
    def test_a_folder_above_of_another_user_is_refused(self, home):
        os.chown(home, STRANGER, STRANGER)
        assert f"{home} belongs to the user {STRANGER}" in refusal(private.make_folder, home / "a").message

    @needs_root
    def test_what_is_above_is_the_users_responsibility_when_said_so(self, home):
        os.chown(home, STRANGER, STRANGER)
        home.chmod(0o2770)
        made = private.make_folder(home / "me" / "jobs", own=2, checks_above=False)
        assert mode(made) == mode(made.parent) == 0o700
        made.parent.chmod(0o770)
        refusal(private.make_folder, made, own=2, checks_above=False)


class TestPrivateGroups:
    """With a umask of 002, Linux gives each user a group of their own, which may write their folders."""

    @pytest.fixture
    def group(self, monkeypatch, home):
        """Make the calling user `ann`, whose group of that name has these members."""

        def become(*members, name="ann", number=777):
            user = private.pwd.struct_passwd(("ann", "x", os.geteuid(), 777, "", "/", "/bin/sh"))
            found = private.grp.struct_group((name, "x", number, list(members)))
            monkeypatch.setattr(private.pwd, "getpwuid", lambda uid: user)
            monkeypatch.setattr(private.grp, "getgrgid", lambda gid: found)
            home.chmod(0o775)

        return become

    @pytest.mark.parametrize("members", [(), ("ann",)])
    def test_the_users_private_group_may_write_the_folders_above(self, group, home, members):
        group(*members)
        assert private.make_folder(home / "a") == home / "a"

    def test_but_never_specc_s_own(self, group, home):
        group()
        refusal(private.make_folder, home, own=1)

    @pytest.mark.parametrize(("members", "name", "number"), [(("bob",), "ann", 777), ((), "lab", 777), ((), "ann", 5)])
    def test_a_group_with_others_may_not(self, group, home, members, name, number):
        group(*members, name=name, number=number)
        refusal(private.make_folder, home / "a")


class TestLinks:
    def test_a_link_of_the_user_is_followed(self, home):
        (home / "scratch").mkdir(mode=0o755)
        (home / "state").symlink_to("scratch")
        assert private.make_folder(home / "state" / "specc", own=1) == home / "scratch" / "specc"

    def test_an_own_folder_may_be_a_link_and_is_narrowed_where_it_lies(self, home):
        (home / "elsewhere").mkdir(mode=0o755)
        (home / "specc").symlink_to(home / "elsewhere")
        assert private.make_folder(home / "specc") == home / "elsewhere"
        assert mode(home / "elsewhere") == 0o700

    def test_the_folders_of_a_link_s_target_are_checked(self, home):
        (home / "open").mkdir()
        (home / "open").chmod(0o777)
        (home / "open" / "x").mkdir()
        (home / "state").symlink_to("./open/../open/x")
        assert f"{home / 'open'} can be written by everybody" in refusal(private.make_folder, home / "state").message

    @needs_root
    def test_a_planted_link_is_refused(self, home):
        home.chmod(0o1777)
        (home / "mine").mkdir(mode=0o700)
        (home / "specc").symlink_to("mine")
        os.chown(home / "specc", STRANGER, STRANGER, follow_symlinks=False)
        assert f"{home / 'specc'} belongs to" in refusal(private.make_folder, home / "specc" / "x").message

    @pytest.mark.parametrize("call", [private.make_folder, private.place_file])
    def test_a_dangling_link_is_refused(self, home, call):
        (home / "state").symlink_to("gone")
        error = refusal(call, home / "state" / "x")
        assert error.message == f"{home / 'state'} is a symbolic link to gone, which does not exist"
        assert not (home / "gone").exists()

    def test_links_in_a_circle_are_refused(self, home):
        (home / "a").symlink_to("b")
        (home / "b").symlink_to("a")
        refusal(private.make_folder, home / "a" / "x")
        refusal(private.place_file, home / "a")

    def test_a_file_may_be_a_link_into_a_folder_of_the_user(self, home):
        (home / "disk").mkdir(mode=0o755)
        (home / "disk" / "real").write_text("")
        (home / "one").symlink_to("disk/../disk/real")
        (home / "two").symlink_to(home / "one")
        assert private.place_file(home / "two", own=0) == home / "disk" / "real"

    def test_the_root_is_no_file(self):
        refusal(private.place_file, private.Path("/"), own=0)

    @pytest.mark.parametrize("target", ["/", "..", "."])
    def test_a_file_that_is_a_link_to_a_folder_is_refused_where_it_is_opened(self, home, target):
        (home / "one").symlink_to(target)
        with pytest.raises((SpeccError, OSError)):
            private.open_file(private.place_file(home / "one", own=0), os.O_RDWR)


class TestFiles:
    @pytest.mark.parametrize("value", [0o000, 0o022, 0o777])
    def test_a_new_file_is_0600(self, home, value):
        with umask(value):
            os.close(private.open_file(home / "f", os.O_RDWR | os.O_CREAT))
        assert mode(home / "f") == 0o600
        assert private.check_file(home / "f")

    def test_one_that_others_can_read_is_narrowed(self, home):
        (home / "f").touch(0o644)
        os.close(private.open_file(home / "f", os.O_RDWR))
        assert mode(home / "f") == 0o600

    @pytest.mark.parametrize("bits", [0o620, 0o602, 0o666])
    def test_one_that_others_can_write_is_refused(self, home, bits):
        (home / "f").touch()
        (home / "f").chmod(bits)
        for call in (lambda: private.open_file(home / "f", os.O_RDWR), lambda: private.check_file(home / "f")):
            assert f"`chmod 600 {home / 'f'}`" in refusal(call).help

    @needs_root
    def test_one_of_another_user_is_refused(self, home):
        (home / "f").touch(0o600)
        os.chown(home / "f", STRANGER, -1)
        refusal(private.open_file, home / "f", os.O_RDWR)
        refusal(private.check_file, home / "f")

    def test_links_and_what_is_no_file_are_refused(self, home):
        (home / "link").symlink_to("f")
        os.mkfifo(home / "fifo", 0o600)
        (home / "folder").mkdir(mode=0o700)
        for name in ("link", "fifo", "folder"):
            refusal(private.check_file, home / name)
        refusal(private.open_file, home / "link", os.O_RDWR | os.O_CREAT)
        refusal(private.open_file, home / "fifo", os.O_RDWR)
        assert not (home / "f").exists()

    def test_one_that_is_missing_is_no_error_to_ask_for(self, home):
        assert not private.check_file(home / "f")


class TestSharedByAGroup:
    def test_what_is_made_is_for_the_group(self, home):
        with umask(0o077):
            folder = private.make_folder(home / "group", own=0, shared=True)
            os.close(private.open_file(folder / "f", os.O_RDWR | os.O_CREAT, shared=True))
        assert mode(folder) == 0o2770
        assert mode(folder / "f") == 0o660

    @needs_root
    def test_members_may_own_and_write_it(self, home):
        os.chown(home, STRANGER, STRANGER)
        home.chmod(0o2775)
        (home / "f").touch()
        os.chown(home / "f", STRANGER, STRANGER)
        (home / "f").chmod(0o664)
        assert private.place_file(home / "f", own=0, shared=True) == home / "f"
        os.close(private.open_file(home / "f", os.O_RDWR, shared=True))

    def test_everybody_may_not(self, home):
        (home / "f").touch()
        (home / "f").chmod(0o666)
        assert f"`chmod o-w {home / 'f'}`" in refusal(private.check_file, home / "f", shared=True).help
        home.chmod(0o1777)
        refusal(private.place_file, home / "f", own=0, shared=True)
