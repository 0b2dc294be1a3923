-- Locks the place against a change, so that two changes at the same time do not undo each other.
select single
from place
for no key update
