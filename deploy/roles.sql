-- Run once by a superuser, with psql. The same two roles as in scripts/database.ts; their passwords are OWNER_PASSWORD and APP_PASSWORD of the
-- environment, or else their names, which will do on a laptop.
\set owner_password `echo "${OWNER_PASSWORD:-tessera_owner}"`
\set app_password `echo "${APP_PASSWORD:-tessera_app}"`
create role tessera_owner login nosuperuser nobypassrls password :'owner_password';
create role tessera_app login nosuperuser nobypassrls password :'app_password';
create database tessera owner tessera_owner;
revoke all on database tessera from public;
grant connect, temporary on database tessera to tessera_app;
