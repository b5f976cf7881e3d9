/** How two peers are linked; `relayed` is the lack of a direct link. */
export type LinkKind = 'webrtc' | 'broadcast' | 'relayed' | 'memory'
