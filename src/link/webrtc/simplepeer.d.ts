// simple-peer's prebuilt file, which needs no Node polyfills; its types are those of the package.
declare module 'simple-peer/simplepeer.min.js' {
  import SimplePeer from 'simple-peer'
  export default SimplePeer
}
