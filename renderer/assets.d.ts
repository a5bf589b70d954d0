declare module "*.css";
/** Vite: the address of the built file. */
declare module "*?url" {
  const url: string;
  export default url;
}
/** Vite: a worker in a file of its own, which the content policy allows as 'self'. */
declare module "*?worker" {
  const WorkerFactory: new () => Worker;
  export default WorkerFactory;
}
/** Vite: the address of a built script for another thread. */
declare module "*?worker&url" {
  const url: string;
  export default url;
}
