// serverless-offline, which emulates API Gateway, in front of a function that is somewhere else, for scripts/peers/lambda.
// Usage: node serverless-offline.mjs NODE_MODULES PORT LAMBDA-PORT INVOKE-URL
// The framework that it is a plugin of cannot be installed from npm alone (its package only downloads it), and it needs little of it:
// the service, which would stand in serverless.yml. The same file is the function: it hands events on.
import path from 'node:path'
import { pathToFileURL } from 'node:url'

export async function invoke(event) {
  const answer = await fetch(process.env.INVOKE_URL, { method: 'POST', body: JSON.stringify(event) })
  return answer.json()
}

function host(folder, functions) {
  return {
    serviceDir: folder,
    config: { servicePath: folder, serverlessPath: '' },
    service: {
      service: 'story',
      provider: { name: 'aws', region: 'us-east-1', runtime: 'nodejs20.x', stage: 'dev' },
      custom: {},
      package: {},
      functions,
      getAllFunctions: () => Object.keys(functions),
      getFunction: name => functions[name],
      getAllEventsInFunction: name => functions[name].events,
    },
  }
}

const quiet = () => {}
const log = { debug: quiet, error: console.error, info: quiet, notice: quiet, verbose: quiet, warning: console.error }

async function serve(nodeModules, port, lambdaPort, url) {
  const plugin = path.join(nodeModules, 'serverless-offline', 'src', 'index.js')
  const { default: ServerlessOffline } = await import(pathToFileURL(plugin))
  const alive = {
    name: 'alive',
    handler: 'serverless-offline.invoke',
    events: [{ http: { method: 'POST', path: 'Prod/Alive' } }],
    environment: { INVOKE_URL: url },
  }
  const options = { host: '127.0.0.1', httpPort: Number(port), lambdaPort: Number(lambdaPort), noPrependStageInUrl: true, noSponsor: true }
  await new ServerlessOffline(host(import.meta.dirname, { alive }), options, { log }).start()
}

if (process.argv[1] === import.meta.filename) await serve(...process.argv.slice(2))
