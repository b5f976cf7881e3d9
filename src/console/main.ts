/** Entry of the page. */
import { joinMesh } from '../index.ts'
import { startConsole } from './start.ts'

startConsole(joinMesh)
