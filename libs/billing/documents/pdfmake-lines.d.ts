/** What press.ts needs of pdfmake's own line builder, which has no types. */
declare module 'pdfmake/js/LayoutBuilder.js' {
  export interface Inline {
    text: string;
    width: number;
    x: number;
    leadingCut: number;
    trailingCut: number;
    /** Set by script-runs.ts, carried along. */
    level?: number;
  }
  /** The words of a line, and how wide they are together. */
  export interface Line {
    inlines: Inline[];
    inlineWidths: number;
    leadingCut: number;
    trailingCut: number;
  }
  interface LineBuilder {
    buildNextLine(node: object): Line | null;
  }
  const module: { default: { prototype: LineBuilder } };
  export default module;
}
