package io.sluice.ptcomm.writer;

import java.io.Serializable;

/**
 * Where the streams of a round go: receivers that can go back to a point, or bridges, which cannot.
 * Travels in the serialized operator.
 */
public sealed interface Receivers extends Serializable permits ShardReceiverFactory, BridgeDialer {}
