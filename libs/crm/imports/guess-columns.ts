/**
 * Which column of a CSV file means which field. A guess to start a mapping with, from the headers of the exports people have (HubSpot,
 * Salesforce, Pipedrive, Outlook, Google) and those of a hand-made list in some languages; the user has the last word.
 */
export type ImportedResource = 'contact' | 'company' | 'deal';

/** Headers without case, accents, spaces and signs; the likeliest first, so that "Mobile" gives way where there is a "Phone". */
const SHARED = {
  external_id: 'externalid recordid id uuid reference ref key systemid legacyid',
  owner: 'owner ownername ownerid assignedto assignee salesrep salesagent salesperson agent accountowner accountmanager verantwortlich',
  tags: 'tags tag labels label categories schlagworte etiquetas',
  created_at: 'createdat created createdate createddate createdon creationdate dateadded erstelltam',
};
const ADDRESS = {
  'address.street': 'street address1 addressline1 streetaddress mailingstreet billingstreet addressstreet strasse rue calle',
  'address.city': 'city town addresscity mailingcity billingcity ort stadt ville ciudad',
  'address.region': 'region state province county stateregion addressstate mailingstate billingstate bundesland provincia',
  'address.postal_code':
    'postalcode zip zipcode postcode zippostalcode addresspostalcode mailingpostalcode billingpostalcode plz codepostal codigopostal',
  'address.country': 'country countryregion addresscountry mailingcountry billingcountry land pays pais',
  address: 'address fulladdress location officelocation adresse direccion',
};

/** Fields by their names on the wire. `company`, `contact`, `parent`, `owner` and `product` name another record, to be looked up. */
const FIELDS: Record<ImportedResource, Record<string, string>> = {
  contact: {
    first_name: 'firstname givenname forename fname vorname prenom nombre',
    last_name: 'lastname surname familyname lname nachname nomdefamille apellido apellidos',
    name: 'name fullname contactname contact displayname person personname customername customer client',
    email: 'email emailaddress mail emailid primaryemail workemail email1 email1value emailwork correo correoelectronico courriel',
    phone: `phone phonenumber telephone tel primaryphone workphone businessphone phonework phone1value mobile mobilephone cell cellphone
      telefon telefonnummer handy telefono`,
    company:
      'company companyname organization organisation organizationname account accountname employer firma unternehmen societe empresa',
    job_title: 'jobtitle title position role occupation organizationtitle organization1title beruf poste cargo',
    kind: 'kind type contacttype lifecyclestage',
    birthday: 'birthday birthdate dateofbirth dob geburtstag geburtsdatum',
    source: 'source leadsource originalsource quelle',
    ...ADDRESS,
    ...SHARED,
  },
  company: {
    name: 'name company companyname account accountname organization organisation organizationname firma unternehmen societe empresa',
    domain: 'domain domainname companydomain companydomainname',
    website: 'website url web homepage websiteurl site',
    phone: 'phone phonenumber telephone tel mainphone telefon telefono',
    industry: 'industry sector branche secteur sectorindustrial',
    employees: 'employees numberofemployees employeecount noofemployees headcount staff mitarbeiter companysize size',
    annual_revenue: 'annualrevenue revenue turnover sales umsatz chiffredaffaires',
    currency: 'currency currencycode currencyisocode annualrevenuecurrency waehrung devise moneda',
    founded_year: 'foundedyear yearfounded yearestablished founded established incorporated gruendungsjahr',
    parent: 'parent parentcompany parentaccount parentname subsidiaryof partof mothercompany',
    source: 'source leadsource originalsource',
    ...ADDRESS,
    ...SHARED,
    external_id: `companyid accountid organizationid ${SHARED.external_id}`,
  },
  deal: {
    title: 'title name dealname dealtitle opportunity opportunityname deal subject titel betreff',
    amount: 'amount value dealvalue dealamount closevalue price total betrag wert montant importe',
    currency: 'currency currencycode currencyisocode waehrung devise moneda',
    pipeline: 'pipeline pipelinename',
    stage: 'stage dealstage stagename opportunitystage pipelinestage phase etapa etape',
    status: 'status dealstatus state',
    probability: 'probability winprobability chance dealprobability',
    company: 'company companyname account accountname organization organisation organizationname associatedcompany firma empresa societe',
    contact: 'contact contactname contactperson person personname primarycontact customer customername client associatedcontact',
    product: 'product productname item lineitem produkt produit producto',
    expected_close_date: 'expectedclosedate expectedclose closedate closingdate forecastdate duedate',
    closed_at: 'closedat closed closeddate dealclosedon wontime losttime',
    lost_reason: 'lostreason reasonlost closedlostreason lossreason',
    forecast_category: 'forecastcategory forecast',
    next_step: 'nextstep nextsteps nextaction',
    source: 'source leadsource dealsource originalsource',
    ...SHARED,
    external_id: `dealid opportunityid ${SHARED.external_id}`,
    owner: `dealowner opportunityowner ${SHARED.owner}`,
    created_at: `${SHARED.created_at} engagedate opendate startdate`,
  },
};

/** What a header may begin with without meaning anything else: "Contact Email", "Deal Currency", "Company Phone". */
const PREFIX: Record<ImportedResource, RegExp> = {
  contact: /^(contacts?|customers?|persons?|leads?)(?=.)/,
  company: /^(company|companies|accounts?|organizations?|organisations?)(?=.)/,
  deal: /^(deals?|opportunity|opportunities)(?=.)/,
};

/** The fields that a resource can be imported into, in the order in which a form would show them. */
export function importableFields(resource: ImportedResource): string[] {
  return Object.keys(FIELDS[resource]);
}

/**
 * A field for each header that is understood, by the header as it is written. Each field is given once, to the header that names it best;
 * headers that mean nothing known are left out.
 */
export function guessColumns(resource: ImportedResource, headers: readonly string[]): Map<string, string> {
  const named = headers.map((header) => ({ header, key: keyOf(header) }));
  const found = new Map<string, string>();
  for (const [field, words] of Object.entries(FIELDS[resource])) {
    const free = named.filter(({ header }) => !found.has(header));
    const match = [keyOf(field), ...words.split(/\s+/)]
      .flatMap((word) => free.find(({ key }) => key === word) ?? free.find(({ key }) => key.replace(PREFIX[resource], '') === word) ?? [])
      .at(0);
    if (match) found.set(match.header, field);
  }
  return new Map(headers.flatMap((header) => (found.has(header) ? [[header, found.get(header) ?? '']] : [])));
}

function keyOf(header: string): string {
  const spelled = header.toLowerCase().replace(/ß/g, 'ss');
  return spelled.normalize('NFD').replace(/[^a-z0-9]/g, '');
}
