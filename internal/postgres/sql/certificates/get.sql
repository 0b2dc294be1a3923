-- The content under a name. Called by the server's keeper of certificates, and for each request of an authority
-- that looks for a challenge; certificates_pkey.
select content
from certificates
where name = @name::text
