/** The console over a fake mesh. `?peers=20&job=running&phase=joined&still=1` say what to show. */
import '../../src/console/look/tokens.css'
import { startConsole } from '../../src/console/start.ts'
import { fakeJoin } from './fake-handle.ts'
import { sceneOf } from './fake-scene.ts'

startConsole(fakeJoin(sceneOf(new URLSearchParams(location.search))))
