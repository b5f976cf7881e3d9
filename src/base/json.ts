/** What may cross a boundary: plain JSON, or bytes. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type Payload = Json | Uint8Array
