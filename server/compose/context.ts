import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { ServerConfig } from "../config/config.ts";
import { createAuthContext, type AuthContext } from "./auth-context.ts";
import { openBus } from "./open-bus.ts";
import { openMetrics } from "./open-metrics.ts";
import { createCorrelation, type Correlation } from "../observe/correlation.ts";
import { Aside } from "../domain/assistant/aside.ts";
import { Compaction } from "../domain/assistant/compaction.ts";
import {
  createModelConnection,
  MODEL_CONNECTION_SEAL,
  type ModelConnections,
} from "../domain/assistant/model-connection.ts";
import { defaultModelLimits } from "../domain/assistant/models/model-limits.ts";
import { createOllamaWatch } from "../domain/assistant/models/ollama.ts";
import { watchedModels } from "../domain/assistant/models/watched-models.ts";
import { createModelSource, type WarmableModelSource } from "../domain/assistant/model-source.ts";
import { createAssistantTools } from "../domain/assistant/tools/assistant-tools.ts";
import { createCalculator } from "../domain/assistant/tools/calculator.ts";
import { Pictures } from "../domain/pictures/pictures.ts";
import { createTurnService } from "../domain/assistant/turn-service.ts";
import type { TurnService } from "../domain/assistant/turn-types.ts";
import { startAuditRetention } from "../domain/audit/audit-retention.ts";
import { RunningAnswers } from "../domain/limits/running-answers.ts";
import { auditKeyOf } from "../domain/audit/audit-key.ts";
import type { Clock } from "#contract/clock.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { PING_EVERY_MS } from "#contract/events/event-wire.ts";
import { startPurge } from "../domain/chats/purge.ts";
import { startRetention } from "../domain/retention.ts";
import { systemClock } from "../domain/clock.ts";
import { ServerClock } from "../domain/server-clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { MessageBus } from "../domain/message-bus.ts";
import { RoomLive } from "../domain/rooms/room-live.ts";
import { RoomMembers } from "../domain/rooms/room-members.ts";
import { RoomAssistant } from "../domain/rooms/room-assistant.ts";
import { RoomPictures } from "../domain/rooms/room-pictures.ts";
import { RoomWatch } from "../domain/rooms/room-watch.ts";
import { Rooms } from "../domain/rooms/rooms.ts";
import { Sync } from "../domain/sync/sync.ts";
import type { SpeechService } from "../domain/speech/ports.ts";
import { createSpeechService } from "../domain/speech/speech-service.ts";
import { createQuotas, type Quotas } from "../domain/usage/quotas.ts";
import { openKeyRing, type KeyRing } from "#server/domain/master-key/key-ring.ts";
import { openWithMasterKeys, sealerFor, type MasterKey } from "#server/domain/master-key/master-key.ts";
import type { SealedPlace } from "#server/domain/master-key/rotate-master-key.ts";
import { watchKeyRing, type KeyRingWatch } from "#server/domain/master-key/key-ring-watch.ts";
import { MemoryFiles, type MemoryFilesState } from "../domain/memory-files/memory-files.ts";
import { MemoryFolder } from "../domain/memory-files/memory-folder.ts";
import { SemanticSearch, type SemanticState } from "../domain/semantic/semantic-search.ts";
import { openDataFolder } from "../lifecycle/data-folder.ts";
import { createLogger } from "../observe/logger.ts";
import { openTracing, tracedAnswers, tracedTools, type Tracing } from "../observe/tracing.ts";
import type { RedisStatus } from "../observe/metric-set.ts";
import { createRateHeaders, type RateHeaders } from "../http/kit/rate-headers.ts";
import type { Metrics } from "../observe/metrics.ts";
import { DATABASE_FILE } from "../store/open-database.ts";
import { createMasterKeyStore, sealedPlaces } from "../store/sql/master-key-store.ts";
import { openStore, type Store } from "../store/store.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a test may put in place of the real thing. */
export interface ContextDeps {
  /** In place of all clocks: the machine's, and the database's where the server goes by it. */
  readonly clock?: Clock;
  /** In place of the machine's alone. */
  readonly machineClock?: Clock;
  readonly logger?: Logger;
  readonly models?: WarmableModelSource;
  readonly speech?: SpeechService;
  /** Between two pings of sockets, and of connections of gRPC; default {@link PING_EVERY_MS}. */
  readonly pingEveryMs?: number;
}

/** Everything the ports need, built once and ended together, in the opposite order. */
export interface ServerContext extends AuthContext {
  readonly config: ServerConfig;
  readonly clock: Clock;
  /** Whether `clock` can be believed. */
  readonly time: ServerClock;
  readonly logger: Logger;
  readonly correlation: Correlation;
  readonly store: Store;
  readonly masterKey: MasterKey;
  readonly masterKeyState: KeyRingWatch["state"];
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
  readonly rates: RateHeaders;
  readonly bus: MessageBus;
  readonly redisStatus: () => RedisStatus;
  readonly models: WarmableModelSource;
  readonly modelConnection: ModelConnections;
  readonly speech: SpeechService;
  readonly pictures: Pictures;
  readonly turns: TurnService;
  readonly quotas: Quotas;
  readonly rooms: Rooms;
  readonly roomMembers: RoomMembers;
  readonly roomWatch: RoomWatch;
  readonly roomLive: RoomLive;
  readonly roomAssistant: RoomAssistant;
  readonly roomPictures: RoomPictures;
  readonly sync: Sync;
  /** Answers that run now, of whatever wire. */
  readonly running: RunningAnswers;
  readonly memoryFilesState: () => MemoryFilesState;
  readonly semanticState: () => SemanticState;
  readonly startedAtMs: number;
  readonly pingEveryMs: number;
}

/**
 * Builds the server's parts.
 *
 * @throws PipitError DATA_FOLDER_IN_USE, STORAGE_*, CONFIG_INVALID; whatever was built by then is ended again
 */
export async function createContext(config: ServerConfig, deps: ContextDeps = {}): Promise<ServerContext> {
  const correlation = createCorrelation();
  const logger =
    deps.logger ?? createLogger({ level: config.logLevel, correlationId: () => correlation.current() });

  await using building = new AsyncDisposableStack();
  const time = building.use(new ServerClock({ machine: deps.machineClock ?? systemClock, logger }));
  const clock = deps.clock ?? time;
  const folder = building.use(await openDataFolder(config.dataDir));
  const tracing = building.use(await openTracing(config, logger));
  const { redis, redisStatus, bus } = await openBus(config, { tracing, logger }, building);
  const rates = createRateHeaders();
  const { late, metrics } = openMetrics({ config, redisStatus, time, folder, tracing }, building);
  const common = { config, clock, time, logger, correlation, metrics, tracing, rates, bus, redisStatus };
  const { opened, masterKey, places } = await openServerStore(common, folder.path, building);
  late.store = opened;
  late.keys = building.use(await watchKeyRing({ ring: masterKey, places, logger }));
  // SQLite has this machine's clock and no other.
  if (opened.dialect === "postgres" && deps.clock === undefined) await time.follow(() => opened.auth.nowMs());
  // The folder's lock is ours, so the server that answered from this database is gone; PostgreSQL may have other users.
  if (opened.dialect === "sqlite")
    await Promise.all([opened.turns.endLeases(), opened.roomAnswers.endLeases()]);
  opened.completeIndex();
  const auth = building.use(
    await createAuthContext({ ...common, dataDir: folder.path, store: opened, masterKey, redis }),
  );
  late.auth = auth;
  startRemoving({ ...common, store: opened }, building);
  const memoryFiles = openMemoryFiles(config, opened, logger, building);
  const semantic = openSemanticSearch(config, opened, logger, building);
  const store = semantic === undefined ? opened : { ...opened, turns: semantic.searching(opened.turns) };
  const { models, modelConnection } = connectModels({ ...common, store, masterKey }, deps.models);
  const calculator = building.use(createCalculator());
  const pictures = building.use(new Pictures());
  const speech = deps.speech ?? building.use(createSpeechService({ config: config.speech, metrics, logger }));
  const quotas = createQuotas({ use: store.tokenUse, limits: store.auth.tokenLimits, usual: config, clock });
  const turns = building.use(
    createTurnService({
      ...common,
      ...store,
      memories: store.auth.memories,
      projects: store.auth.projects,
      ...askedBeside({ config, store, clock, logger }, building),
      quotas,
      choices: store.modelChoices,
      accounts: store.auth.accounts,
      models,
      toolsFor: (one) => tracedTools(createAssistantTools({ ...one, ...store, clock, calculator }), tracing),
      speech,
      pictures,
      ownerId: randomUUID(),
    }),
  );
  const talk = openRooms(
    config,
    { ...common, models, quotas, pictures, store, limits: auth.limits },
    building,
  );
  Object.assign(late, { rooms: talk.rooms, semantic, pictures, calculator });
  const sync = openSync(store, bus, logger, building);
  const built = building.move();
  return {
    ...common,
    store,
    masterKey,
    ...auth,
    models,
    modelConnection,
    speech,
    pictures,
    turns,
    quotas,
    ...talk,
    sync,
    masterKeyState: () => late.keys?.state() ?? "right",
    memoryFilesState: () => memoryFiles?.state ?? "off",
    semanticState: () => semantic?.state ?? "off",
    startedAtMs: clock.nowMs(),
    pingEveryMs: deps.pingEveryMs ?? PING_EVERY_MS,
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  };
}

/** What asks a model something beside the answers, and is stopped after them. */
function askedBeside(
  { config, store, clock, logger }: Pick<ServerContext, "config" | "store" | "clock" | "logger">,
  owner: AsyncDisposableStack,
) {
  const { memories } = store.auth;
  return {
    compaction: owner.use(new Compaction({ ...store, clock, logger })),
    aside: owner.use(new Aside({ ...store, settings: config.aside, memories, clock, logger })),
  };
}

function openRooms(
  config: ServerConfig,
  deps: Pick<
    ServerContext,
    "store" | "bus" | "limits" | "metrics" | "models" | "quotas" | "pictures" | "clock" | "logger"
  >,
  owner: AsyncDisposableStack,
) {
  const { store, limits, metrics } = deps;
  const { roomMessagesPerMinute: messagesPerMinute } = config;
  const running = new RunningAnswers(config);
  const watch = owner.use(new RoomWatch({ ...deps, rooms: store.rooms }));
  const { roomMembers: members, accounts } = store.auth;
  const live = new RoomLive({ ...deps, watch, accounts });
  const roomAssistant = owner.use(
    new RoomAssistant({
      ...deps,
      live,
      rooms: store.rooms,
      answers: store.roomAnswers,
      running,
      choices: store.modelChoices,
      tokenUse: store.tokenUse,
    }),
  );
  const onLag = (lagMs: number): void => metrics.roomLag(lagMs);
  const rooms = new Rooms({
    ...deps,
    rooms: store.rooms,
    messagesPerMinute,
    onLag,
    assistant: roomAssistant,
  });
  return {
    running,
    rooms,
    roomAssistant,
    roomPictures: new RoomPictures({ ...deps, rooms: store.rooms }),
    roomWatch: watch,
    roomLive: live,
    roomMembers: new RoomMembers({ members, accounts, limits, rooms, watch }),
  };
}

/** The database, and the keys that it is sealed with. */
async function openServerStore(
  { config, metrics, clock, logger }: Pick<ServerContext, "config" | "metrics" | "clock" | "logger">,
  folder: string,
  owner: AsyncDisposableStack,
) {
  const { masterKey: configured, masterKeyPrevious: previous } = config.auth;
  let sealed: { readonly masterKey: KeyRing; readonly places: readonly SealedPlace[] } | undefined;
  const opened = owner.use(
    await openStore({
      ...storePlace(config, folder),
      async auditKey({ db }) {
        const source = { dataDir: folder, configured, previous };
        const store = createMasterKeyStore(db);
        const masterKey = await openWithMasterKeys(source, (keys) => openKeyRing(keys, store));
        sealed = { masterKey, places: sealedPlaces(db) };
        return auditKeyOf(masterKey);
      },
      auditMetrics: metrics,
      watch: metrics.database,
      clock,
      logger,
    }),
  );
  if (sealed === undefined) throw new PipitError("INTERNAL", "The database was opened without its keys.");
  return { opened, ...sealed };
}

function storePlace({ databaseUrl }: ServerConfig, folder: string) {
  return databaseUrl === undefined ? { file: join(folder, DATABASE_FILE) } : { databaseUrl, serving: true };
}

/** Begins to remove what was deleted, and what was kept long enough; nothing while the clock is wrong. */
function startRemoving(
  {
    config,
    store,
    time,
    metrics,
    logger,
  }: Pick<ServerContext, "config" | "store" | "time" | "metrics" | "logger">,
  owner: AsyncDisposableStack,
): void {
  const { auth, eventsKeptDays } = config;
  const { auditReader, programEvents, purgeDeleted, removeOld } = store;
  const mayRemove = (): boolean => time.state !== "wrong";
  owner.use(startRetention({ removeOld, kept: config, mayRemove, onRemoved: metrics.removed, logger }));
  const retentionMs = auth.auditRetentionDays * DAY_MS;
  if (auditReader !== undefined)
    owner.use(
      startAuditRetention({
        reader: auditReader,
        retentionMs,
        mayRemove,
        onDamaged: metrics.auditDamaged,
        logger,
      }),
    );
  const purge = async (signal: AbortSignal): Promise<number> => {
    if (!mayRemove()) return 0;
    await programEvents.removeOlder(eventsKeptDays * DAY_MS, signal);
    return purgeDeleted(signal);
  };
  owner.use(startPurge(purge, logger));
}

/** Begins to write the memory files, where there are to be any. */
function openMemoryFiles(
  { memoryDir }: ServerConfig,
  store: Store,
  logger: Logger,
  owner: AsyncDisposableStack,
): MemoryFiles | undefined {
  if (memoryDir === undefined) return undefined;
  const files = owner.use(new MemoryFiles(store.memoryFiles, new MemoryFolder(memoryDir), logger));
  store.onFilesBehind(() => files.wake());
  files.start();
  return files;
}

/** Tells of changes those who follow an account. */
function openSync(store: Store, bus: MessageBus, logger: Logger, owner: AsyncDisposableStack): Sync {
  const sync = owner.use(new Sync({ store: store.sync, bus, logger }));
  store.onSync((userId, seq) => sync.noted(userId, seq));
  return sync;
}

/** Begins to have turns read for their meaning, where searches are to go by that too. */
function openSemanticSearch(
  { semantic }: ServerConfig,
  { vectors }: Store,
  logger: Logger,
  owner: AsyncDisposableStack,
): SemanticSearch | undefined {
  if (semantic === undefined) return undefined;
  const { least, ...provider } = semantic;
  return owner.use(
    new SemanticSearch({ provider: { ...provider, settings: "PIPIT_EMBEDDINGS" }, vectors, least, logger }),
  );
}

/** What the parts that speak to models share: one watch of Ollama, and what an operator connects in the window. */
function connectModels(
  {
    config,
    store,
    masterKey,
    metrics,
    tracing,
    clock,
    logger,
  }: Pick<ServerContext, "config" | "store" | "masterKey" | "metrics" | "tracing" | "clock" | "logger">,
  given: WarmableModelSource | undefined,
) {
  const ollama = createOllamaWatch({ url: config.model.ollamaUrl, clock, limits: defaultModelLimits });
  const modelConnection = createModelConnection({
    configured: config.model,
    setBy: config.modelSetBy,
    auth: store.auth,
    sealer: sealerFor(masterKey, MODEL_CONNECTION_SEAL),
    ollama,
    logger,
  });
  const { saved } = modelConnection;
  const models = given ?? createModelSource({ config: config.model, saved, ollama, clock, logger });
  return {
    models: watchedModels(models, { metrics, logger, onAnswered: tracedAnswers(tracing) }),
    modelConnection,
  };
}
