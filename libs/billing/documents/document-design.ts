import { entity, json } from '#kernel';
import { DesignShown } from './design.ts';

/** What a template looked like at some time. It never changes, so invoices that were issued with it name it and are printed alike for ever. */
export class DocumentDesign extends entity('document_design', { design: json(DesignShown) }, { quiet: true, appendOnly: true }) {}
