"""Errors that a user can cause and mend: one clear line each, without a traceback."""


class UserError(Exception):
    """Something outside the code is wrong; the message names the file or key, and the remedy."""


class StudyError(UserError):
    """The configuration is wrong or contradicts itself."""


class DataError(UserError):
    """Input images are missing, damaged or not what they were declared to be."""


class ResourceError(UserError):
    """The machine lacks what was asked of it: memory, a GPU."""


class ArtefactError(UserError):
    """A file that the workflow wrote earlier is damaged or belongs to something else."""
