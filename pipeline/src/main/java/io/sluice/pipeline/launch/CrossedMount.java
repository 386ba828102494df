package io.sluice.pipeline.launch;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * A filesystem that is mounted below the root and was entered by a round.
 *
 * @param path relative to the root, as escaped text
 * @param type {@code f_type} of statfs(2), hexadecimal
 * @param rootInode unsigned; empty where it changes with each mount
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record CrossedMount(String path, String type, String rootInode) {}
