-- Run once by a superuser. The same two roles as in scripts/database.ts; use other passwords outside a laptop.
create role tessera_owner login nosuperuser nobypassrls password 'tessera_owner';
create role tessera_app login nosuperuser nobypassrls password 'tessera_app';
create database tessera owner tessera_owner;
revoke all on database tessera from public;
grant connect, temporary on database tessera to tessera_app;
