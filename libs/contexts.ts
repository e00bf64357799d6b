// One line per context: the whole wiring.
export { IdentityModule } from '#identity';
export { CrmModule } from '#crm';
export { BillingModule } from '#billing';
