"""The roles that may use the pages of the door: the people who admit, and the supervisors among them."""

from __future__ import annotations

from app.users.service import SUPERVISOR_ROLES
from app.web.sign_in import require_role

STAFF_ROLES = ("door", *SUPERVISOR_ROLES)
require_staff = require_role(*STAFF_ROLES)
require_supervisor = require_role(*SUPERVISOR_ROLES)
