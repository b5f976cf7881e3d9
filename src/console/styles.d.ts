/** What the bundler makes of a stylesheet: `?inline` gives its text, for a shadow root. */
declare module '*.css?inline' {
  const text: string
  export default text
}
declare module '*.css'
