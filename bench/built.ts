/** A module of the build, with the types of its source: the products are measured as they are run. */
export const built = async <Module>(path: string): Promise<Module> => (await import(`../dist/${path}.js`)) as Module;
