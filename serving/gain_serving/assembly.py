"""The parts of a server put together, whatever transports it then has."""

import difflib
import os
from pathlib import Path

from gain_serving.audit import AuditLog
from gain_serving.errors import UserError
from gain_serving.postprocess import DenseCrf
from gain_serving.repository import Repository
from gain_serving.runtime import Runtime
from gain_serving.service import Service
from gain_serving.settings import Settings


def open_service(settings: Settings, audit: AuditLog | None) -> Service:
    """Put a service together; its repository is not yet started.

    Args:
        settings: `repository` must be set.
        audit: gets every decision; None for none.

    Raises:
        UserError: the repository is no folder, has no model that a CRF is asked for, or there is no
            pydensecrf.
    """
    if settings.repository is None or not settings.repository.is_dir():
        raise UserError(f"the repository {settings.repository} is no folder")
    crf = _opened_crf(settings, settings.repository) if settings.crf else None
    repository = Repository(
        settings.repository,
        opener=lambda path, name, version: _opened(settings, path, name, version, crf),
        poll_seconds=settings.poll_interval,
    )
    return Service(settings, repository, audit=audit, workers=os.cpu_count() or 1, crf=crf)


def open_audit(settings: Settings) -> AuditLog | None:
    """Open the audit log, if one is asked for.

    Raises:
        AuditError: it cannot be opened.
    """
    if settings.audit_log is None:
        return None
    return AuditLog(settings.audit_log, settings.audit_overlays)


def _opened_crf(settings: Settings, repository: Path) -> DenseCrf:
    """Open what refines class maps, if there are the models to refine them of."""
    names = [each.name for each in repository.iterdir() if each.is_dir()]
    for name in settings.crf:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            raise UserError(
                f"crf: there is no model {name!r} in {repository}"
                + (f"; did you mean {near[0]!r}?" if near else "")
            )
    return DenseCrf(settings.crf_processes)


def _opened(
    settings: Settings, path: Path, name: str, version: str, crf: DenseCrf | None
) -> Runtime:
    runtime = Runtime(
        path,
        name=name,
        version=version,
        threads=settings.threads,
        max_pixels=settings.max_pixels,
        crf=crf if name in settings.crf else None,
    )
    runtime.warm_up()
    return runtime
