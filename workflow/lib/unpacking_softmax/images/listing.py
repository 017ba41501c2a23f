"""What lies in a folder of classes: images, what must be mended, and what is passed over."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from unpacking_softmax.artefacts.files import unreadable
from unpacking_softmax.images.decode import SUFFIXES, is_image

# Images that `decode` does not read, by their suffix: of telephones, drawings, cameras' raw files,
# microscopes, and scanners in hospitals.
UNREAD = {
    ".3fr", ".arw", ".avif", ".avifs", ".bpg", ".cr2", ".cr3", ".cur", ".czi", ".dcm", ".dcr", ".dds",
    ".dicom", ".djvu", ".dng", ".emf", ".eps", ".erf", ".exr", ".fits", ".gpr", ".hdr", ".heic", ".heics",
    ".heif", ".hif", ".icns", ".ico", ".iiq", ".j2k", ".jng", ".jp2", ".jpc", ".jpf", ".jpm", ".jps", ".jpx",
    ".jxl", ".jxr", ".jxs", ".kdc", ".kra", ".lif", ".lsm", ".mef", ".mha", ".mhd", ".mng", ".mos", ".mrc",
    ".mrw", ".mrxs", ".nd2", ".ndpi", ".nef", ".nii", ".nrrd", ".nrw", ".oib", ".oif", ".orf", ".pam", ".pct",
    ".pcx", ".pef", ".pfm", ".pict", ".psb", ".psd", ".ptx", ".qoi", ".raf", ".ras", ".raw", ".rw2", ".rwl",
    ".scn", ".sgi", ".sr2", ".srf", ".srw", ".svg", ".svgz", ".svs", ".tga", ".vsi", ".wdp", ".wmf", ".x3f",
    ".xbm", ".xcf", ".xpm", ".zvi",
} - SUFFIXES  # fmt: skip
# What systems and tools put beside a user's files, in small letters; of a folder all that is in it.
LITTER = {
    "$recycle.bin", ".appledouble", ".directory", ".ds_store", ".dvc", ".fseventsd", ".git",
    ".gitattributes", ".gitignore", ".gitkeep", ".ipynb_checkpoints", ".keep", ".localized",
    ".spotlight-v100", ".svn", ".thumbnails", ".trashes", "@eadir", "__macosx", "desktop.ini", "ehthumbs.db",
    "icon\r", "lost+found", "system volume information", "thumbs.db",
}  # fmt: skip


@dataclass
class Listing:
    """What was found in the folder of a split.

    images: files by class, in the order of their paths. faults: a line for whatever must be mended before
    the images can be used. others: files that are no images, and what is hidden (a point in front), such as
    photographs in a telephone's bin. mixed: class folders whose images lie in
    several folders. litter: how many entries systems and tools have left there.
    """

    images: dict[str, list[Path]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    mixed: list[Path] = field(default_factory=list)
    litter: int = 0


def subfolders(folder: Path) -> list[str]:
    """The names of the folders in a folder, litter and hidden ones apart; none, where it is no folder.

    Raises DataError where it cannot be read.
    """
    try:
        return [entry.name for entry in _entries(folder) if _is_folder(entry) and not _is_hidden(entry)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise unreadable(folder, error) from error


def list_classes(folder: Path) -> Listing:
    """All that lies in a folder of classes, which can be read. A class is a folder, or a link to one."""
    found = Listing()
    for entry in _entries(folder):
        path = Path(entry)
        if _is_litter(entry):
            found.litter += 1
        elif _is_hidden(entry):
            found.others.append(path)
        elif _is_folder(entry):
            found.images[entry.name] = _list_class(path, found)
        elif not os.path.exists(path):
            found.faults.append(f"{path}: a link to nothing; mend or remove it")
        elif path.suffix.lower() in SUFFIXES | UNREAD:
            found.faults.append(f"{path}: lies beside the class folders; move it into its class")
        else:
            found.others.append(path)
    return found


def _list_class(folder: Path, found: Listing) -> list[Path]:
    """The images under a class folder, sorted by relative path; the rest goes to `found`.

    The folder may be a link, which makes a subset of classes; what lies in it must lie in it.
    """
    images, queue, home = [], [folder], os.path.realpath(folder)
    before = len(found.faults), len(found.others)
    while queue:
        place = queue.pop()
        try:
            entries = _entries(place)
        except OSError as error:
            found.faults.append(str(unreadable(place, error)))
            continue
        for entry in entries:
            path = Path(entry)
            if _is_litter(entry):
                found.litter += 1
            elif _is_hidden(entry):
                found.others.append(path)
            elif entry.is_symlink() and (os.path.isdir(path) or not _lies_in(path, home)):
                fault = f"{path}: a link to a folder or out of its class; put a copy in its place"
                found.faults.append(fault)
            elif _is_folder(entry) and path.suffix.lower() not in SUFFIXES:
                queue.append(path)
            else:
                _sort(path, images, found)
    if not images and len(found.faults) == before[0]:
        others = len(found.others) - before[1]
        instead = f" but {others} other files" if others else ""
        known = ", ".join(sorted(SUFFIXES))
        found.faults.append(f"{folder}: holds no images ({known}){instead}; add some, or remove the folder")
    if len({path.parent for path in images}) > 1:
        found.mixed.append(folder)
    return sorted(images, key=lambda path: path.relative_to(folder).as_posix())


def _sort(path: Path, images: list[Path], found: Listing) -> None:
    """Put a file where it belongs, by its suffix; where it has none, by what is in it."""
    suffix = path.suffix.lower()
    if suffix in UNREAD:
        kind = suffix.removeprefix(".").upper()
        found.faults.append(f"{path}: {kind} is not read; convert it to PNG or JPEG, or move it out")
    elif suffix in SUFFIXES or (not suffix and os.path.isfile(path) and is_image(path)):
        images.append(path)
    else:
        found.others.append(path)


def _entries(folder: Path) -> list[os.DirEntry]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry) -> bool:
    """Whether it is a folder or a link to one; not where the link leads out of sight."""
    return os.path.isdir(entry) if entry.is_symlink() else entry.is_dir()


def _is_litter(entry: os.DirEntry) -> bool:
    return entry.name.startswith("._") or entry.name.lower() in LITTER


def _is_hidden(entry: os.DirEntry) -> bool:
    return entry.name.startswith(".") or _is_litter(entry)


def _lies_in(path: Path, home: str) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(home)
